"""Statistics of small samples: medians, means and their intervals.

Infinite values represent diverged runs. Medians and quartiles include them. A mean of values that include infinity is
NaN.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 0.95
MIN_VALUES = 20  # the smallest sample of an interquartile mean


class Interval(NamedTuple):
    """A value with the ends of its interval. NaN if there is no interval."""

    value: float
    low: float
    high: float


def quartiles(values: ArrayLike) -> Interval:
    """Return the median with the 25th and 75th percentiles as the ends of the interval.

    Percentiles are interpolated between order statistics, as by ``numpy.percentile``. If one of the two order
    statistics is infinite, the percentile is infinite.

    Args:
        values: (n,), n >= 1, may be infinite.
    """
    return Interval(*quartiles_of_rows(np.asarray(values, float)[None])[0].tolist())


def quartiles_of_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return :func:`quartiles` of each row of (m, n), as (m, 3): median, 25th and 75th percentile."""
    ordered = np.sort(values, axis=1)
    return np.stack([_quantile(ordered, q) for q in (0.5, 0.25, 0.75)], axis=1)


def mean_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Return the mean with Student's interval, mean ± t · s / sqrt(n).

    The coverage is exact for normal data and lower for skewed data. At the 95 % level it is 83.1, 83.9 and 86.8 % for
    lognormal data with sigma 1 and n = 8, 10, 20, and 91.8, 92.1 and 93.1 % with sigma 0.5. Differences of equally
    skewed values are not skewed: their coverage is 97.1, 96.8 and 96.2 % with sigma 1. (Simulated, 200,000 samples
    each.)

    Args:
        values: (n,).
        level: the nominal coverage, in (0, 1).

    Returns:
        All NaN if a value is not finite. The ends are NaN if n < 2.

    Source: Student, "The Probable Error of a Mean", 1908.
    """
    return Interval(*mean_intervals_of_rows(np.asarray(values, float)[None], level)[0].tolist())


def mean_intervals_of_rows(
    values: NDArray[np.float64], level: float = LEVEL, strata: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Return :func:`mean_interval` of each row of (m, n), as (m, 3): mean, low, high.

    With strata, (n,), the standard deviation is that within strata, with n minus the number of strata degrees of
    freedom. The interval is then that of the mean over these strata, not over others like them.
    """
    n = values.shape[1]
    groups = np.zeros(n, np.intp) if strata is None else np.unique(strata, return_inverse=True)[1]
    freedom = n - len(np.unique(groups))
    finite = np.isfinite(values).all(axis=1, keepdims=True) & (n > 0)
    x = np.where(finite, values, 0.0)
    mean = np.where(finite[:, 0], x.sum(axis=1) / max(n, 1), math.nan)
    if freedom < 1:
        return np.stack([mean, np.full_like(mean, math.nan), np.full_like(mean, math.nan)], axis=1)
    squares = sum(np.sum((part - part.mean(axis=1, keepdims=True)) ** 2, axis=1) for part in _split_columns(x, groups))
    half = stats.t.ppf((1 + level) / 2, freedom) * np.sqrt(squares / freedom) / math.sqrt(n)
    return np.stack([mean, mean - half, mean + half], axis=1)


def median_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Return the median with its exact interval between two order statistics.

    The k-th smallest and the k-th largest of n values enclose the median of a continuous distribution with probability
    1 - 2 P(B < k), where B is binomial (n, 1/2). The interval has the largest k with a probability of at least
    ``level``.

    Args:
        values: (n,), n >= 1.
        level: the smallest coverage, in (0, 1).

    Returns:
        The ends are NaN if no k exists. At the 95 % level this is so for n < 6.

    Source: David and Nagaraja, "Order Statistics", 2003, section 7.1.
    """
    ordered = np.sort(np.asarray(values, float))
    n = len(ordered)
    median = float(_quantile(ordered[None], 0.5)[0])
    k = _interval_rank(n, level)
    if k < 1:
        return Interval(median, math.nan, math.nan)
    return Interval(median, float(ordered[k - 1]), float(ordered[n - k]))


def std_from_median_interval(interval: Interval, n: int) -> float:
    """Estimate the standard deviation of n normal values from their :func:`median_interval`.

    The ends of the interval are the k-th smallest and the k-th largest value. The expected distance between them is
    2 s z for a standard deviation s, where z is the normal quantile at (n - k + 1 - 3/8) / (n + 1/4). The error of this
    approximation is below 2 % for n >= 6.

    Args:
        interval: the 95 % interval of the median.
        n: the number of values.

    Returns:
        The estimate, in the unit of the values. NaN if n < 6.

    Source: Blom, "Statistical Estimates and Transformed Beta-Variables", 1958.
    """
    k = _interval_rank(n, LEVEL)
    z = stats.norm.ppf((n - k + 1 - 0.375) / (n + 0.25)) if k >= 1 else math.nan
    return float((interval.high - interval.low) / (2 * z))


def interquartile_mean(
    strata: Sequence[ArrayLike], generator: np.random.Generator, level: float = LEVEL, draws: int = 2000
) -> Interval:
    """Return the mean of the middle half of all values, with a percentile interval of a stratified bootstrap.

    At the 95 % level the coverage is 92 to 95 % for normal and lognormal data with 3 x 8, 5 x 10 and 5 x 20 values.
    (Simulated, 2,000 samples each.)

    Args:
        strata: the values of each problem, one value per seed. All values are finite and have the same unit.
        generator: the random generator of the bootstrap.
        level: the nominal coverage, in (0, 1).
        draws: the number of bootstrap samples.

    Returns:
        All NaN with fewer than 20 values.

    Source: Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", 2021.
    """
    values = [np.asarray(stratum, float) for stratum in strata]
    if sum(map(len, values)) < MIN_VALUES:
        return Interval(math.nan, math.nan, math.nan)
    samples = [generator.choice(stratum, (draws, len(stratum))) for stratum in values]
    means = stats.trim_mean(np.concatenate(samples, axis=1), 0.25, axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(stats.trim_mean(np.concatenate(values), 0.25)), float(low), float(high))


def wilson_intervals(successes: NDArray[Any], runs: NDArray[Any], level: float = LEVEL) -> NDArray[np.float64]:
    """Return success rates with Wilson's interval, which is valid even if none or all of the runs succeed.

    Args:
        successes: (m,), 0 <= successes <= runs.
        runs: (m,), runs >= 1.
        level: the nominal coverage, in (0, 1). The actual coverage is close to it for any rate.

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


def _split_columns(values: NDArray[np.float64], groups: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    """Return the columns of each group, (m, size of the group)."""
    return [values[:, groups == group] for group in np.unique(groups)]


def _interval_rank(n: int, level: float) -> int:
    """Return the largest k for which the k-th smallest and the k-th largest of n values enclose the median, or 0."""
    return int(stats.binom.ppf((1 - level) / 2, n, 0.5))  # the smallest k with P(B <= k) >= (1 - level) / 2


def _quantile(ordered: NDArray[np.float64], q: float) -> NDArray[np.float64]:
    """Return the ``q`` quantile of each sorted row of (m, n), as (m,)."""
    position = q * (ordered.shape[1] - 1)
    below, above = ordered[:, math.floor(position)], ordered[:, math.ceil(position)]
    finite = np.isfinite(below) & np.isfinite(above)
    step = np.subtract(above, below, out=np.zeros_like(above), where=finite)
    towards = np.where(np.isfinite(below), above, below)
    between = np.where(finite, below + step * (position - math.floor(position)), towards)
    return np.where((below == above) | (position == math.floor(position)), below, between)
