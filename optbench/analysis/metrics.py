"""Numbers of runs, from their curves: arrays of runs by evaluation points in, one number a run out."""

import math

import numpy as np
from numpy.typing import NDArray

LOWER_IS_BETTER = ("loss", "error")
HIGHER_IS_BETTER = ("accuracy", "score")
MINIMISED = "regularized_loss"  # what training descends; shown, and never used to choose

Numbers = NDArray[np.float64]


def lower_is_better(metric: str) -> bool:
    """A metric's direction, which is in its name: ``loss`` and ``error`` go down, ``accuracy`` and ``score`` up.

    Raises:
        ValueError: the name says neither.
    """
    if metric.endswith(LOWER_IS_BETTER):
        return True
    if metric.endswith(HIGHER_IS_BETTER):
        return False
    raise ValueError(f"A metric's name must end in loss, error, accuracy or score. Received: {metric}.")


def worst(metric: str) -> float:
    """The value that a diverged run counts with: infinite loss, accuracy 0."""
    return math.inf if lower_is_better(metric) else 0.0


def sign(metric: str) -> float:
    """1 where lower is better, -1 where higher is: a metric times its sign is a cost."""
    return 1.0 if lower_is_better(metric) else -1.0


def last(values: Numbers) -> Numbers:
    """The last value recorded of each run; NaN where there is none.

    Args:
        values: (runs, points), NaN where nothing was recorded.
    """
    there = ~np.isnan(values)
    place = values.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
    return np.take_along_axis(values, place[:, None], axis=1)[:, 0]


def best(values: Numbers, metric: str) -> Numbers:
    """The best value of each run; NaN where there is none.

    Args:
        values: (runs, points), NaN where nothing was recorded.
        metric: whose direction counts.
    """
    cost = sign(metric) * values
    lowest = np.where(np.isnan(cost), math.inf, cost).min(axis=1)
    return np.where(np.isnan(cost).all(axis=1), math.nan, sign(metric) * lowest)


def area(values: Numbers, steps: NDArray[np.int64]) -> Numbers:
    """The area under each curve by the trapezoidal rule, divided by the steps it spans: a mean value on the way.

    Args:
        values: (runs, points); NaN where nothing was recorded, and then NaN comes out.
        steps: (points,), rising.
    """
    span = steps[-1] - steps[0]
    return np.trapezoid(values, steps, axis=1) / span if span else values[:, 0]


def steps_to(values: Numbers, steps: NDArray[np.int64], metric: str, target: float) -> Numbers:
    """The step of the first evaluation point at which each run is at least as good as ``target``; infinite if at none.

    Args:
        values: (runs, points), NaN where nothing was recorded.
        steps: (points,), rising.
        metric: whose direction counts.
        target: in the metric's unit.
    """
    reached = sign(metric) * values <= sign(metric) * target
    return np.where(reached.any(axis=1), steps[np.argmax(reached, axis=1)], math.inf)
