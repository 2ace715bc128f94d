"""Statistics of a handful of numbers: medians, means and their intervals.

Infinite values stand for runs that diverged. They have a place in an order, so medians and quartiles keep them; a mean
of them is blank.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 0.95
LEAST_VALUES = 20  # of an interquartile mean: of fewer the middle half is a handful


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
    return Interval(*quartiles_of_rows(np.asarray(values, float)[None])[0].tolist())


def quartiles_of_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """:func:`quartiles` of each row of (m, n), as (m, 3): median, 25th and 75th percentile."""
    ordered = np.sort(values, axis=1)
    return np.stack([_quantile(ordered, q) for q in (0.5, 0.25, 0.75)], axis=1)


def mean_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """The mean with Student's interval, mean ± t · s / sqrt(n).

    Args:
        values: (n,). All NaN if any of them is not finite; no ends if n < 2.
        level: coverage, in (0, 1).

    At 95 % it covers exactly that much of normal data. Of skewed data it covers less: lognormal with sigma 1, 83.1,
    83.9 and 86.8 % at n = 8, 10, 20; with sigma 0.5, 91.8, 92.1 and 93.1 %. Differences of equally skewed values are
    not skewed: 97.1, 96.8 and 96.2 % with sigma 1. (Simulated, 200,000 samples each.)

    Source: Student, "The Probable Error of a Mean", 1908.
    """
    return Interval(*mean_intervals_of_rows(np.asarray(values, float)[None], level)[0].tolist())


def mean_intervals_of_rows(values: NDArray[np.float64], level: float = LEVEL) -> NDArray[np.float64]:
    """:func:`mean_interval` of each row of (m, n), as (m, 3): mean, low, high."""
    n = values.shape[1]
    finite = np.isfinite(values).all(axis=1, keepdims=True) & (n > 0)
    x = np.where(finite, values, 0.0)
    mean = np.where(finite[:, 0], x.sum(axis=1) / max(n, 1), math.nan)
    if n < 2:
        return np.stack([mean, np.full_like(mean, math.nan), np.full_like(mean, math.nan)], axis=1)
    half = stats.t.ppf((1 + level) / 2, n - 1) * x.std(axis=1, ddof=1) / math.sqrt(n)
    return np.stack([mean, mean - half, mean + half], axis=1)


def median_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """The median with its exact interval between two order statistics.

    The k-th smallest and k-th largest of n values enclose the median of their distribution with probability
    1 - 2 P(B < k), B binomial (n, 1/2); k is the largest that gives at least ``level``. Below 6 values there is none
    at 95 %.

    Source: David and Nagaraja, "Order Statistics", 2003, section 7.1. For any continuous distribution.
    """
    ordered = np.sort(np.asarray(values, float))
    n = len(ordered)
    median = float(_quantile(ordered[None], 0.5)[0])
    k = _rank_of_end(n, level)
    if k < 1:
        return Interval(median, math.nan, math.nan)
    return Interval(median, float(ordered[k - 1]), float(ordered[n - k]))


def spread_of_median(interval: Interval, n: int) -> float:
    """The standard deviation of n values of which only :func:`median_interval` is left, if they are normal.

    The ends are the k-th of n values from either side, whose expectations lie 2 s z apart for a standard deviation s,
    with z the normal quantile at (n - k + 1 - 3/8) / (n + 1/4). Within 2 % from n = 6 on; NaN below.

    Source: Blom, "Statistical Estimates and Transformed Beta-Variables", 1958.
    """
    k = _rank_of_end(n, LEVEL)
    z = stats.norm.ppf((n - k + 1 - 0.375) / (n + 0.25)) if k >= 1 else math.nan
    return float((interval.high - interval.low) / (2 * z))


def interquartile_mean(
    strata: Sequence[ArrayLike], generator: np.random.Generator, level: float = LEVEL, draws: int = 2000
) -> Interval:
    """The mean of the middle half of all values, with a percentile interval of a bootstrap within each stratum.

    Args:
        strata: of each problem the values of its seeds, all in one unit; finite.
        generator: for the bootstrap.
        level: coverage, in (0, 1).
        draws: how often every stratum is drawn anew, with replacement.

    Returns:
        no value and no ends with fewer than 20 values. At 95 % it covers 92 to 95 % of normal and of lognormal data
        with 3 x 8, 5 x 10 and 5 x 20 values. (Simulated, 2,000 samples each.)

    Source: Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", 2021.
    """
    values = [np.asarray(stratum, float) for stratum in strata]
    if sum(map(len, values)) < LEAST_VALUES:
        return Interval(math.nan, math.nan, math.nan)
    drawn = [generator.choice(stratum, (draws, len(stratum))) for stratum in values]
    means = stats.trim_mean(np.concatenate(drawn, axis=1), 0.25, axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(stats.trim_mean(np.concatenate(values), 0.25)), float(low), float(high))


def wilson_intervals(successes: NDArray[Any], runs: NDArray[Any], level: float = LEVEL) -> NDArray[np.float64]:
    """Success rates with Wilson's interval, which holds also where none or all succeed.

    Args:
        successes, runs: (m,), 0 <= successes <= runs, runs >= 1.
        level: coverage, in (0, 1), of which it comes close for any rate.

    Returns:
        (m, 3): rate, low, high, in [0, 1].

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    z2 = stats.norm.ppf((1 + level) / 2) ** 2
    rate = successes / runs
    middle = (rate + z2 / (2 * runs)) / (1 + z2 / runs)
    half = np.sqrt(z2 * (rate * (1 - rate) / runs + z2 / (4 * runs**2))) / (1 + z2 / runs)
    low, high = np.where(rate == 0, 0.0, middle - half), np.where(rate == 1, 1.0, middle + half)
    return np.stack([rate, low, high], axis=1)


def _rank_of_end(n: int, level: float) -> int:
    """The largest k for which the k-th of n values from either side enclose the median; 0 if there is none."""
    return int(stats.binom.ppf((1 - level) / 2, n, 0.5))  # the smallest k with P(B <= k) >= (1 - level) / 2


def _quantile(ordered: NDArray[np.float64], q: float) -> NDArray[np.float64]:
    """The ``q`` quantile of each sorted row of (m, n)."""
    place = q * (ordered.shape[1] - 1)
    below, above = ordered[:, math.floor(place)], ordered[:, math.ceil(place)]
    finite = np.isfinite(below) & np.isfinite(above)
    step = np.subtract(above, below, out=np.zeros_like(above), where=finite)
    towards = np.where(np.isfinite(below), above, below)
    between = np.where(finite, below + step * (place - math.floor(place)), towards)
    return np.where((below == above) | (place == math.floor(place)), below, between)
