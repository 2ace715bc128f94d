"""Axes that fit data: their ends, their ticks and the labels of the ticks."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from optbench.analysis.metrics import Numbers
from optbench.report.figures.plot import Axis

Format = Callable[[float], str]
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # round steps between ticks, times a power of ten
MOST_LOG_TICKS = 6
MARGIN = 0.05  # between the data and the ends of an axis, as a fraction of the range
EMPTY = (0.0, 1.0)  # the ends of an axis without data


def linear_axis(
    values: ArrayLike, count: int, label: str = "", tick: Format | None = None, margin: float = MARGIN
) -> Axis:
    """Return a linear axis that holds all values.

    Args:
        values: numbers; those that are not finite are left out.
        count: the largest number of intervals between ticks.
        label: the label of the axis.
        tick: formats the label of a tick; :func:`format_tick` if None.
        margin: between the data and the ends, as a fraction of the range.
    """
    low, high = widen(*ends(values), margin)
    return Axis(low, high, [(at, (tick or format_tick)(at)) for at in linear_ticks(low, high, count)], label)


def percent_axis(values: ArrayLike, count: int, label: str = "") -> Axis:
    """Return a linear axis of fractions with labels in percent."""
    return linear_axis(values, count, label, format_percent_tick)


def log_axis(values: ArrayLike, label: str = "", margin: float = MARGIN) -> Axis:
    """Return a logarithmic axis that holds all positive values, with at least two ticks."""
    numbers = np.asarray(values, float)
    low, high = np.exp(widen(*ends(np.log(numbers[numbers > 0])), margin)).tolist()
    return Axis(low, high, [(at, format_tick(at)) for at in log_ticks(low, high)], label, is_log=True)


def ends(values: ArrayLike) -> tuple[float, float]:
    """Return the smallest and the largest finite value."""
    numbers = np.asarray(values, float)
    finite = numbers[np.isfinite(numbers)]
    return (float(finite.min()), float(finite.max())) if finite.size else EMPTY


def widen(low: float, high: float, margin: float) -> tuple[float, float]:
    """Return the ends of an axis with a margin. Equal ends are set apart."""
    if low == high:
        low, high = low - 0.05 * (abs(low) or 1), high + 0.05 * (abs(high) or 1)
    return low - margin * (high - low), high + margin * (high - low)


def linear_ticks(low: float, high: float, count: int) -> list[float]:
    """Return round numbers in an interval, with at most ``count`` intervals between them."""
    power = 10.0 ** np.floor(np.log10((high - low) / count))
    for step in (factor * power for factor in (*STEPS, 20.0)):
        first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
        if last - first <= count:
            break
    return [float(f"{number * step:.12g}") + 0.0 for number in np.arange(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers in an interval of positive numbers: powers of ten, or also their multiples."""
    span = high / low
    factors = (1.0,) if span >= 50 else (1.0, 2.0, 5.0) if span > 3 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    every = int(np.ceil((last - first) / MOST_LOG_TICKS)) if span >= 50 else 1
    ticks = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    inside = [float(f"{tick:.12g}") for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    return inside if len(inside) > 1 else [tick for tick in linear_ticks(low, high, MOST_LOG_TICKS) if tick > 0]


def format_tick(value: float) -> str:
    """Format the value of a tick in its shortest form."""
    if (value and abs(value) < 1e-3) or abs(value) >= 1e6:
        return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")
    return f"{value:,.6g}".replace("-", "−")


def format_percent_tick(value: float) -> str:
    """Format a fraction in percent."""
    return f"{100 * value:.4g} %".replace("-", "−")


def finite_points(x: ArrayLike, y: ArrayLike) -> tuple[Numbers, Numbers]:
    """Return the points whose coordinates are both finite."""
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    known = np.isfinite(xs) & np.isfinite(ys)
    return xs[known], ys[known]


def together(*values: ArrayLike) -> Numbers:
    """Return all numbers of several arrays."""
    return np.concatenate([np.asarray(each, float).ravel() for each in values]) if values else np.empty(0)


def stacked(lists: Sequence[ArrayLike]) -> Numbers:
    """Return all numbers of a list of arrays."""
    return together(*lists)
