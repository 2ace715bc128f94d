"""Reduce curves to one number per run. Curves are arrays of shape (runs, points)."""

import math

import numpy as np
from numpy.typing import NDArray

LOWER_IS_BETTER = ("loss", "error")
HIGHER_IS_BETTER = ("accuracy", "score")
OBJECTIVE = "regularized_loss"  # the objective of training; it is reported and never used for selection

Numbers = NDArray[np.float64]


def lower_is_better(metric: str) -> bool:
    """Return whether a lower value of ``metric`` is better.

    The name determines the direction. Metrics whose names end in ``loss`` or ``error`` are minimized, those whose names
    end in ``accuracy`` or ``score`` are maximized.

    Raises:
        ValueError: the name has none of these endings.
    """
    if metric.endswith(LOWER_IS_BETTER):
        return True
    if metric.endswith(HIGHER_IS_BETTER):
        return False
    raise ValueError(f"A metric's name must end in loss, error, accuracy or score. Received: {metric}.")


def worst_value(metric: str) -> float:
    """Return the value of a diverged run: infinity for a loss, 0 for an accuracy."""
    return math.inf if lower_is_better(metric) else 0.0


def cost_sign(metric: str) -> float:
    """Return 1 if lower is better and -1 if higher is better. A metric times its sign is a cost."""
    return 1.0 if lower_is_better(metric) else -1.0


def last_values(values: Numbers) -> Numbers:
    """Return the last recorded value of each run.

    Args:
        values: (runs, points), NaN where no value was recorded.

    Returns:
        (runs,), NaN for runs without a value.
    """
    recorded = ~np.isnan(values)
    last = values.shape[1] - 1 - np.argmax(recorded[:, ::-1], axis=1)
    return np.take_along_axis(values, last[:, None], axis=1)[:, 0]


def best_values(values: Numbers, metric: str) -> Numbers:
    """Return the best value of each run.

    Args:
        values: (runs, points), NaN where no value was recorded.
        metric: the name of the metric, which determines the direction.

    Returns:
        (runs,), NaN for runs without a value.
    """
    cost = cost_sign(metric) * values
    lowest = np.where(np.isnan(cost), math.inf, cost).min(axis=1)
    return np.where(np.isnan(cost).all(axis=1), math.nan, cost_sign(metric) * lowest)


def normalized_area(values: Numbers, steps: NDArray[np.int64]) -> Numbers:
    """Return the area under each curve divided by its number of steps, which is the mean value during training.

    The trapezoidal rule gives the area.

    Args:
        values: (runs, points), NaN where no value was recorded.
        steps: (points,), increasing.

    Returns:
        (runs,), NaN for runs with a missing value.
    """
    span = steps[-1] - steps[0]
    return np.trapezoid(values, steps, axis=1) / span if span else values[:, 0]


def steps_to_target(values: Numbers, steps: NDArray[np.int64], metric: str, target: float) -> Numbers:
    """Return the step of the first evaluation point at which each run is at least as good as ``target``.

    Args:
        values: (runs, points), NaN where no value was recorded.
        steps: (points,), increasing.
        metric: the name of the metric, which determines the direction.
        target: the target value, in the unit of the metric.

    Returns:
        (runs,), infinite for runs that never reach the target.
    """
    reached = cost_sign(metric) * values <= cost_sign(metric) * target
    return np.where(reached.any(axis=1), steps[np.argmax(reached, axis=1)], math.inf)
