"""Tuning inside a job: how many settings are tried, and at which points of their search space.

    search space ──method──> points ──> trial settings ──training──> scores ──> the setting that all seeds are run with

The space of a hyperparameter stands in its signature (``Search``), or in ``tune.space``; trial settings are made in
:mod:`optbench.study.trial_settings`. What a random method draws follows from the problem and the number of the trial,
so every optimizer is tried at the same places of its space.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from scipy.stats import qmc

from optbench.config.build import flatten
from optbench.config.parameters import AtLeastOne, Positive, Range
from optbench.errors import ConfigError
from optbench.random.streams import stream
from optbench.spec.run import ProblemConfig
from optbench.spec.tuning import AdaptiveSearch, Halving, Method, Point, SearchChoice, SearchInterval, Space, Tuning


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
    min_epochs: Annotated[float | None, Positive] = None,
    rungs: Annotated[int, AtLeastOne] = 2,
) -> Tuning:
    """Try ``trials`` settings by successive halving, see :mod:`optbench.study.halving`.

    A setting that is slow at first and would be the best at the end can be lost. The risk is lower with fewer ``rungs``
    or a larger ``min_epochs``.

    Args:
        method: as of :func:`tuning`.
        trials: likewise, at least 2.
        parameters: likewise.
        space: likewise.
        seeds: likewise.
        choose: likewise, of the points up to a rung.
        metric: likewise.
        eta: at each rung one in ``eta`` settings goes on, at least 2; each rung is ``eta`` times as long as the last.
        min_epochs: epochs of the first rung, more than 0; None: the last rung ends at ``1 / eta`` of the budget, the
            one before at ``1 / eta**2``, and so on.
        rungs: how many rungs there are before the end, at least 1, where ``min_epochs`` is None.
    """
    return Tuning(method, trials, parameters, space, seeds, choose, metric, Halving(eta, min_epochs, rungs))


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
