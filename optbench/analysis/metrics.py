"""Reduce curves to one number per run. Curves are arrays of shape (runs, points)."""

import math

import numpy as np
from numpy.typing import NDArray

from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.metrics import NOTHING_DECLARED, Declared

LOWER_IS_BETTER = ("loss", "error")
HIGHER_IS_BETTER = ("accuracy", "score")
OBJECTIVE = "regularized_loss"  # the objective of training; it is reported and never used for selection

Numbers = NDArray[np.float64]


def lower_is_better(metric: str, declared: Declared = NOTHING_DECLARED) -> bool:
    """Return whether a lower value of ``metric`` is better.

    The declared direction is used. Without one, the name determines it: metrics whose names end in ``loss`` or
    ``error`` are minimized, those whose names end in ``accuracy`` or ``score`` are maximized. Diagnostics are never
    compared, and count as minimized.

    Args:
        metric: the name of the metric.
        declared: directions and ranges by name, as in a study file.

    Raises:
        ValueError: no direction is declared, and the name has none of these endings.
    """
    if metric in declared:
        return declared[metric].direction == "minimize"
    if metric.endswith(LOWER_IS_BETTER) or is_diagnostic(metric):
        return True
    if metric.endswith(HIGHER_IS_BETTER):
        return False
    raise ValueError(
        "A metric must declare its direction, or its name must end in loss, error, accuracy or score. "
        f"Received: {metric}."
    )


def worst_value(metric: str, declared: Declared = NOTHING_DECLARED) -> float:
    """Return the value of a diverged run: the worst end of a declared range; otherwise infinity for a loss, else 0."""
    if metric in declared:
        direction, low, high = declared[metric]
        return high if direction == "minimize" else low
    return math.inf if lower_is_better(metric) else 0.0


def cost_sign(metric: str, declared: Declared = NOTHING_DECLARED) -> float:
    """Return 1 if lower is better and -1 if higher is better. A metric times its sign is a cost."""
    return 1.0 if lower_is_better(metric, declared) else -1.0


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


def best_values(values: Numbers, metric: str, declared: Declared = NOTHING_DECLARED) -> Numbers:
    """Return the best value of each run.

    Args:
        values: (runs, points), NaN where no value was recorded.
        metric: the name of the metric.
        declared: see :func:`lower_is_better`.

    Returns:
        (runs,), NaN for runs without a value.
    """
    sign = cost_sign(metric, declared)
    cost = sign * values
    lowest = np.where(np.isnan(cost), math.inf, cost).min(axis=1)
    return np.where(np.isnan(cost).all(axis=1), math.nan, sign * lowest)


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


def steps_to_target(
    values: Numbers, steps: NDArray[np.int64], metric: str, target: float, declared: Declared = NOTHING_DECLARED
) -> Numbers:
    """Return the step of the first evaluation point at which each run is at least as good as ``target``.

    Args:
        values: (runs, points), NaN where no value was recorded.
        steps: (points,), increasing.
        metric: the name of the metric.
        target: the target value, in the unit of the metric.
        declared: see :func:`lower_is_better`.

    Returns:
        (runs,), infinite for runs that never reach the target.
    """
    sign = cost_sign(metric, declared)
    reached = sign * values <= sign * target
    return np.where(reached.any(axis=1), steps[np.argmax(reached, axis=1)], math.inf)
