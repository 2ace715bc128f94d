"""Tuning in a job: the number of settings to try, and their points in the search space.

    search space ──method──> points ──> trial settings ──training──> scores ──> the setting to run with all seeds

The search space of a hyperparameter is declared in its signature (``Search``) or in ``tune.space``.
:mod:`optbench.study.trial_settings` makes trial settings. Random methods depend only on the problem and the index of
the trial, so all optimizers are tried at the same relative points of their spaces.
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
    """No tuning: a job uses the setting of its configuration."""


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
        method: the points of the trials in the search space: :func:`grid`, :func:`random` or :func:`sobol`.
        trials: the number of settings to try, at least 1; the same for each optimizer of a study.
        parameters: names of the optimizer's hyperparameters, ``schedule.<name>`` for the schedule's.
        space: search spaces by name that replace those of the signature: ``[low, high]``, ``{low: ..., high: ..., log:
            true}`` or ``{values: [...]}``.
        seeds: the number of runs of each trial, at least 1. Their median counts. Their seeds are not those of the
            study.
        choose: whether the value at the end of the budget counts, or the best value of all evaluation points.
        metric: the metric, on valid if there is such a split, else on test, else on train. None is the accuracy for
            classification, otherwise the loss.
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

    A setting that starts slowly but would be the best at the end can be pruned. The risk is lower with fewer ``rungs``
    or a larger ``min_epochs``.

    Args:
        method: see :func:`tuning`.
        trials: the number of settings to try, at least 2.
        parameters: see :func:`tuning`.
        space: see :func:`tuning`.
        seeds: see :func:`tuning`.
        choose: see :func:`tuning`; at a rung, only points up to the rung count.
        metric: see :func:`tuning`.
        eta: at least 2. At each rung, one in ``eta`` settings continues; each rung is ``eta`` times as long as the
            previous one.
        min_epochs: epochs of the first rung, more than 0. None: the last rung ends at ``1 / eta`` of the budget, the
            one before at ``1 / eta**2``, and so on.
        rungs: the number of rungs before the end, at least 1, if ``min_epochs`` is None.
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
        trials: see :func:`tuning`.
        parameters: see :func:`tuning`.
        space: see :func:`tuning`.
        seeds: see :func:`tuning`.
        choose: see :func:`tuning`.
        metric: see :func:`tuning`.
        sampler: Optuna's sampler: ``tpe``, ``gp`` (needs torch), ``random`` or ``qmc``.
        batch: the number of settings requested at once, at least 1.
    """
    search = AdaptiveSearch(sampler, batch)
    return Tuning(nothing_known, trials, parameters, space, seeds, choose, metric, search=search)


def nothing_known(spaces: Sequence[Space], trials: int, problem: ProblemConfig) -> list[Point]:
    """The initial points of a search: none, because it requests them in batches."""
    return []


def grid() -> Method:
    """Every combination of evenly spaced values, including the ends; for a choice, all of its values."""
    return grid_points


def random() -> Method:
    """Points drawn independently and uniformly.

    Source: Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", 2012.
    """
    return random_points


def sobol() -> Method:
    """The first points of a scrambled Sobol sequence, which covers the space evenly at any length.

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
    """The points of :func:`random`. Each trial has a stream of its own."""
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
    """The midpoints of ``count`` equal parts of [0, 1]."""
    return (np.arange(count) + 0.5) / count


def ends_included(count: int) -> np.ndarray:
    """``count`` evenly spaced points from 0 to 1, both inclusive; 0.5 if ``count`` is 1."""
    return np.linspace(0.0, 1.0, count) if count > 1 else np.array([0.5])


def points_of_a_grid(choices: int, intervals: int) -> str:
    """The numbers of trials that form a grid, in words."""
    if not intervals:
        return str(choices)
    each = [str(side**intervals * choices) for side in (2, 3, 4, 5)]
    return f"{', '.join(each)}, ..."
