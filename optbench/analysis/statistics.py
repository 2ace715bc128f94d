"""Statistics of a handful of numbers: medians, means and their intervals.

Infinite values stand for runs that diverged. They have a place in an order, so medians and quartiles keep them; a mean
of them is blank.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

LEVEL = 0.95


class Interval(NamedTuple):
    """A value with the ends of its interval; NaN where there is none."""

    value: float
    low: float
    high: float


def quartiles(values: ArrayLike) -> Interval:
    """The median, with the 25th and 75th percentile as its ends.

    Args:
        values: (n,), n >= 1, may be infinite. Between two order statistics it interpolates, as ``numpy.percentile``
            does, except towards an infinite one, where it takes that one.
    """
    ordered = np.sort(np.asarray(values, float))
    return Interval(*(_quantile(ordered, q) for q in (0.5, 0.25, 0.75)))


def mean_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """The mean with Student's interval, mean ± t · s / sqrt(n).

    Args:
        values: (n,). All NaN if any of them is not finite; no ends if n < 2.
        level: coverage, in (0, 1).

    Source: Student, "The Probable Error of a Mean", 1908. Exact for normal data.
    """
    x = np.asarray(values, float)
    if not len(x) or not np.isfinite(x).all():
        return Interval(math.nan, math.nan, math.nan)
    mean = float(x.mean())
    if len(x) < 2:
        return Interval(mean, math.nan, math.nan)
    half = float(stats.t.ppf((1 + level) / 2, len(x) - 1) * x.std(ddof=1) / math.sqrt(len(x)))
    return Interval(mean, mean - half, mean + half)


def median_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """The median with its exact interval between two order statistics.

    The k-th smallest and k-th largest of n values enclose the median of their distribution with probability
    1 - 2 P(B < k), B binomial (n, 1/2); k is the largest that gives at least ``level``. Below 6 values there is none
    at 95 %.

    Source: David and Nagaraja, "Order Statistics", 2003, section 7.1. For any continuous distribution.
    """
    ordered = np.sort(np.asarray(values, float))
    n = len(ordered)
    median = _quantile(ordered, 0.5)
    k = int(stats.binom.ppf((1 - level) / 2, n, 0.5))  # the smallest k with P(B <= k) >= (1 - level) / 2
    if k < 1:
        return Interval(median, math.nan, math.nan)
    return Interval(median, float(ordered[k - 1]), float(ordered[n - k]))


def _quantile(ordered: np.ndarray, q: float) -> float:
    place = q * (len(ordered) - 1)
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    if below == above or place == math.floor(place):
        return float(below)
    if not np.isfinite(below) or not np.isfinite(above):
        return float(below if not np.isfinite(below) else above)
    return float(below + (above - below) * (place - math.floor(place)))
