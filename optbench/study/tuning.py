"""Tuning inside a job: which settings are tried, and how one of them is chosen.

    search space ──method──> points ──> trial settings ──training──> scores ──> the setting that all seeds are run with

The space of a hyperparameter stands in its signature (``Search``), or in ``tune.space``. What a random method draws
follows from the problem and the number of the trial, so every optimizer is tried at the same places of its space.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from scipy.stats import qmc

from optbench.config.build import check, flatten, locate
from optbench.config.parameters import (
    TARGET,
    AtLeastOne,
    Parameter,
    Positive,
    Range,
    format_value,
    parameters,
    unknown_name,
)
from optbench.errors import ConfigError
from optbench.random.streams import stream
from optbench.spec.run import SETTING_GROUPS, ProblemConfig, Setting
from optbench.spec.tuning import AdaptiveSearch, Halving, Method, Point, SearchChoice, SearchInterval, Space, Tuning
from optbench.study.optuna_search import ask_points


def none() -> None:
    """No tuning: a job's setting is the one that its configuration gives."""


def tuning(
    method: Method,
    trials: Annotated[int, AtLeastOne] = 16,
    parameters: list[str] = ["learning_rate"],  # noqa: B006 - read, never written
    space: dict[str, Any] = {},  # noqa: B006
    seeds: Annotated[int, AtLeastOne] = 1,
    choose: Literal["final", "best"] = "final",
    metric: str | None = "loss",
) -> Tuning:
    """Try ``trials`` settings and run the best of them with all seeds.

    Args:
        method: where in the space the trials lie: :func:`grid`, :func:`random` or :func:`sobol`.
        trials: how many settings are tried, at least 1; the same number for each optimizer of a study.
        parameters: names of the optimizer's hyperparameters, ``schedule.<name>`` for the schedule's.
        space: for each name that is not to be searched where its signature says: ``[low, high]``,
            ``{low: ..., high: ..., log: true}`` or ``{values: [...]}``.
        seeds: how many runs a trial is judged by (the median counts), at least 1. They are not the seeds of the study.
        choose: by the value at the end of the budget, or by the best on the way.
        metric: of which metric, on valid; on test where a problem has no valid, on train where it has neither. None is
            the accuracy where there are classes, and the loss elsewhere.
    """
    return Tuning(method, trials, parameters, space, seeds, choose, metric)


def successive_halving(
    method: Method,
    trials: Annotated[int, Range(2)] = 16,
    parameters: list[str] = ["learning_rate"],  # noqa: B006 - read, never written
    space: dict[str, Any] = {},  # noqa: B006
    seeds: Annotated[int, AtLeastOne] = 1,
    choose: Literal["final", "best"] = "final",
    metric: str | None = "loss",
    eta: Annotated[int, Range(2)] = 3,
    min_epochs: Annotated[float, Positive] = 1.0,
) -> Tuning:
    """Try ``trials`` settings by successive halving, see :mod:`optbench.study.halving`.

    A setting that is slow at first and would be the best at the end can be lost. The risk falls with ``min_epochs``.

    Args:
        method: as of :func:`tuning`.
        trials: likewise, at least 2.
        parameters: likewise.
        space: likewise.
        seeds: likewise.
        choose: likewise, of the points up to a rung.
        metric: likewise.
        eta: at each rung one in ``eta`` settings goes on, at least 2; each rung is ``eta`` times as long as the last.
        min_epochs: epochs of the first rung, more than 0.
    """
    return Tuning(method, trials, parameters, space, seeds, choose, metric, Halving(eta, min_epochs))


def optuna_search(
    trials: Annotated[int, AtLeastOne] = 16,
    parameters: list[str] = ["learning_rate"],  # noqa: B006 - read, never written
    space: dict[str, Any] = {},  # noqa: B006
    seeds: Annotated[int, AtLeastOne] = 1,
    choose: Literal["final", "best"] = "final",
    metric: str | None = "loss",
    sampler: Literal["tpe", "gp", "random", "qmc"] = "tpe",
    batch: Annotated[int, AtLeastOne] = 4,
) -> Tuning:
    """Try ``trials`` settings that Optuna proposes, see :mod:`optbench.study.optuna_search`.

    Args:
        trials: as of :func:`tuning`.
        parameters: likewise.
        space: likewise.
        seeds: likewise.
        choose: likewise.
        metric: likewise.
        sampler: of Optuna: ``tpe``, ``gp`` (needs torch), ``random`` or ``qmc``.
        batch: how many settings are asked for at once, at least 1.
    """
    search = AdaptiveSearch(sampler, batch)
    return Tuning(nothing_known, trials, parameters, space, seeds, choose, metric, search=search)


def nothing_known(spaces: Sequence[Space], trials: int, problem: ProblemConfig) -> list[Point]:
    """The points of a search before it began: it asks for them one batch after the other."""
    return []


def grid() -> Method:
    """Every combination of evenly spaced values, the ends included; of a choice, all of its values."""
    return grid_points


def random() -> Method:
    """Points drawn independently and uniformly.

    Source: Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", 2012.
    """
    return random_points


def sobol() -> Method:
    """The first points of a scrambled Sobol sequence, which fills the space evenly at any length.

    Source: Owen, "Scrambling Sobol' and Niederreiter–Xing Points", 1998, as SciPy has it.
    """
    return sobol_points


def grid_points(spaces: Sequence[Space], trials: int, problem: ProblemConfig) -> list[Point]:
    """The points of :func:`grid`.

    Raises:
        ConfigError: ``trials`` is not the number of points of such a grid.
    """
    choices = math.prod(len(space.values) for space in spaces if isinstance(space, SearchChoice))
    intervals = sum(isinstance(space, SearchInterval) for space in spaces)
    side = round((trials / choices) ** (1 / intervals)) if intervals else 1
    if max(side, 1) ** intervals * choices != trials:
        raise ConfigError(
            f"`tune.trials` must be the number of points of the grid: {points_of_a_grid(choices, intervals)}. "
            f"Received: tune.trials={trials}. Change it, or take tune=sobol."
        )
    axes = [shares(len(s.values)) if isinstance(s, SearchChoice) else ends_included(side) for s in spaces]
    return [tuple(float(v) for v in point) for point in itertools.product(*axes)]


def random_points(spaces: Sequence[Space], trials: int, problem: ProblemConfig) -> list[Point]:
    """The points of :func:`random`, each trial's from a stream of its own."""
    drawn = (
        stream("tuning", flatten(problem.training_identity()), trial).random(len(spaces)) for trial in range(trials)
    )
    return [tuple(float(v) for v in point) for point in drawn]


def sobol_points(spaces: Sequence[Space], trials: int, problem: ProblemConfig) -> list[Point]:
    """The points of :func:`sobol`."""
    seed = int(stream("tuning", flatten(problem.training_identity()), "sobol").integers(2**63))
    sequence = qmc.Sobol(len(spaces), rng=seed)
    points = sequence.random_base2(math.ceil(math.log2(trials)))
    return [tuple(float(v) for v in point) for point in points[:trials]]


def trial_settings(tuning: Tuning, problem: ProblemConfig, setting: Setting) -> list[Setting]:
    """The settings that a job tries.

    Raises:
        ConfigError: a name that the optimizer does not have, no space to search it in, a value that it refuses.
    """
    spaces = spaces_of(tuning, setting)
    points = tuning.method(list(spaces.values()), tuning.trials, problem)
    if tuning.search is not None:
        return next_trials(tuning, problem, setting, [])
    return settings_at(spaces, points, setting)


def next_trials(tuning: Tuning, problem: ProblemConfig, setting: Setting, costs: Sequence[float]) -> list[Setting]:
    """The next settings that a search tries, given the costs of those before; none once it tried all of them.

    Raises:
        ConfigError: as of :func:`trial_settings`.
    """
    assert tuning.search is not None  # only a search goes on
    spaces, count = spaces_of(tuning, setting), min(tuning.search.batch, tuning.trials - len(costs))
    points = ask_points(tuning.search, list(spaces.values()), problem, costs, count) if count else []
    return settings_at(spaces, points, setting)


def settings_at(spaces: Mapping[str, Space], points: Sequence[Point], setting: Setting) -> list[Setting]:
    """``setting`` with the values at each point of its spaces."""
    return [with_values(setting, {n: s.at(u) for (n, s), u in zip(spaces.items(), p, strict=True)}) for p in points]


def with_values(setting: Setting, values: Mapping[str, Any]) -> Setting:
    """``setting`` with other values of some hyperparameters, checked."""
    nodes = {group: dict(setting.nodes[group]) for group in SETTING_GROUPS}
    for name, value in values.items():
        group, leaf = place_of(name)
        nodes[group][leaf] = value
    return replace(setting, **{group: check(node, group) for group, node in nodes.items()})


def spaces_of(tuning: Tuning, setting: Setting) -> dict[str, Space]:
    """Where each tuned hyperparameter is searched."""
    if not tuning.parameters or len(set(tuning.parameters)) < len(tuning.parameters):
        raise ConfigError(
            "`tune.parameters` must name hyperparameters, each once. "
            f"Received: tune.parameters={format_value(tuning.parameters)}."
        )
    for name in tuning.space:
        if name not in tuning.parameters:
            raise ConfigError(unknown_name(f"`tune.space.{name}`", name, tuning.parameters))
    return {name: space_of(name, tuning.space.get(name), setting) for name in tuning.parameters}


def space_of(name: str, given: Any, setting: Setting) -> Space:
    """Where one hyperparameter is searched: as given, or as its signature says."""
    group, leaf = place_of(name)
    declared = parameters(locate(setting.nodes[group][TARGET]))
    if leaf not in declared:
        raise ConfigError(unknown_name(f"`tune.parameters`: {setting.names[group]}'s `{leaf}`", leaf, declared))
    search = declared[leaf].search
    if given is not None:
        return read_space(name, given, declared[leaf])
    if search is None:
        raise ConfigError(
            f"`tune.space.{name}` is needed: the signature of {setting.names[group]} does not say where to look for "
            f"`{leaf}`. Give tune.space.{name}=[low, high]."
        )
    return SearchInterval(*search)


def read_space(name: str, given: Any, parameter: Parameter) -> Space:
    """A space as the configuration gives it."""
    if isinstance(given, list):
        given = dict(zip(("low", "high"), given, strict=False)) if len(given) == 2 else {}
    if isinstance(given, Mapping) and given.keys() == {"values"} and isinstance(given["values"], list):
        if given["values"]:
            return SearchChoice(given["values"])
    elif isinstance(given, Mapping) and {"low", "high"} <= given.keys() <= {"low", "high", "log"}:
        low, high = given["low"], given["high"]
        log = given.get("log", parameter.search is not None and parameter.search.log)
        if parameter.is_float and all(is_number(v) for v in (low, high)) and low < high and isinstance(log, bool):
            if log and low <= 0:
                raise ConfigError(f"`tune.space.{name}` is searched in the logarithm and must lie above 0.")
            return SearchInterval(float(low), float(high), log)
    raise ConfigError(
        f"`tune.space.{name}` must be [low, high] with low < high, {{low: ..., high: ..., log: true}}, or "
        "{values: [...]} (the only form for what is not a real number)."
    )


def place_of(name: str) -> tuple[str, str]:
    """Group and name of a tuned hyperparameter: ``learning_rate`` is the optimizer's."""
    group, _, leaf = name.rpartition(".")
    if group not in ("", "optimizer", "schedule"):
        raise ConfigError(f"`tune.parameters` names the optimizer's or schedule.<name>. Received: {name}.")
    return group or "optimizer", leaf


def value_at(setting: Setting, name: str) -> Any:
    """The value that ``setting`` has for a tuned hyperparameter."""
    group, leaf = place_of(name)
    return setting.nodes[group][leaf]


def is_number(value: Any) -> bool:
    """Whether a value of the configuration is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def shares(count: int) -> np.ndarray:
    """The middles of ``count`` equal parts of [0, 1]."""
    return (np.arange(count) + 0.5) / count


def ends_included(count: int) -> np.ndarray:
    """``count`` evenly spaced points of [0, 1], from 0 to 1; the middle if there is but one."""
    return np.linspace(0.0, 1.0, count) if count > 1 else np.array([0.5])


def points_of_a_grid(choices: int, intervals: int) -> str:
    """The numbers of trials that make a grid, in words."""
    if not intervals:
        return str(choices)
    each = [str(side**intervals * choices) for side in (2, 3, 4, 5)]
    return f"{', '.join(each)}, ..."
