"""Compare two independent samples: an exact rank-sum test, Welch's interval, and the required number of runs.

These are the counterparts of the paired tests of :mod:`optbench.analysis.significance` for unpaired runs.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import stats

from optbench.analysis.metrics import Numbers
from optbench.analysis.significance import ALPHA
from optbench.analysis.statistics import LEVEL, Interval

MOST_EXACT = 2e8  # elementary steps of an exact distribution; above, the normal approximation is accurate


class SampleTest(NamedTuple):
    """The comparison of two independent samples."""

    p_value: float
    sign: float  # -1 if the first sample has the lower ranks, 1 if it has the higher ones, 0 if neither
    share: float  # share of the pairs of one value of each in which the first is lower; ties count half


def rank_sum_test(one: Numbers, other: Numbers) -> SampleTest:
    """Return the two-sided Wilcoxon-Mann-Whitney test, exact with ties and infinite values.

    All values are ranked together, ties by their mean rank; infinite values (a run diverged) are the largest and tied.
    Under the null hypothesis every choice of the first sample among all values is equally likely. The distribution of
    its rank sum is computed over all choices: it is the exact permutation test of the ranks. Samples of more than about
    150 values each use the normal approximation with the correction for ties and for continuity.

    Args:
        one: (n,), without NaN.
        other: (m,), without NaN.

    Returns:
        The test. The p-value is 1 if a sample is empty or all values are equal. It is at least 2 / binomial(n + m, n).

    Source: Mann and Whitney, "On a Test of Whether One of Two Random Variables is Stochastically Larger than the
    Other", 1947; Lehmann, "Nonparametrics: Statistical Methods Based on Ranks", 1975, section 1.4, for ties.
    """
    n, m = len(one), len(other)
    if not n or not m:
        return SampleTest(1.0, 0.0, math.nan)
    ranks = np.round(2 * stats.rankdata(np.concatenate([one, other]))).astype(np.int64)
    observed = int(ranks[:n].sum())
    middle = n * (n + m + 1)  # twice the expected rank sum
    share = 1 - (observed / 2 - n * (n + 1) / 2) / (n * m)
    if np.all(ranks == ranks[0]):
        return SampleTest(1.0, 0.0, share)
    p = two_sided(tuple(np.sort(ranks).tolist()), n, observed)
    return SampleTest(p, float(np.sign(observed - middle)), share)


def two_sided(ranks: tuple[int, ...], n: int, observed: int) -> float:
    """Return twice the probability that the sum of n of the ranks is as low, or as high, as observed: the smaller one.

    Args:
        ranks: twice the ranks of all values, sorted.
        n: the size of the first sample.
        observed: twice the rank sum of the first sample.
    """
    total, count = sum(ranks), len(ranks)
    if min(n, count - n) * count * total > MOST_EXACT:
        m = count - n
        ties = np.unique(ranks, return_counts=True)[1].astype(float)
        variance = n * m / 12 * (count + 1 - (ties**3 - ties).sum() / (count * (count - 1)))
        distance = abs(observed - n * (count + 1)) / 2
        return float(min(1.0, 2 * stats.norm.sf(max(distance - 0.5, 0.0) / math.sqrt(variance))))
    probability = sum_distribution(ranks, n)
    return float(min(1.0, 2 * min(probability[observed:].sum(), probability[: observed + 1].sum())))


@lru_cache(maxsize=256)
def sum_distribution(ranks: tuple[int, ...], n: int) -> Numbers:
    """Return the probability of each sum of n of the ranks, (total + 1,), if every choice is equally likely."""
    total = sum(ranks)
    chosen = np.zeros((n + 1, total + 1))  # the probability that k of the ranks so far are chosen, with this sum
    chosen[0, 0] = 1.0
    count = len(ranks)
    for place, rank in enumerate(ranks):
        left = count - place
        k = np.arange(n + 1)[:, None]
        take = np.clip((n - k) / left, 0.0, 1.0)  # the share of the choices in which the next rank is chosen
        taken = chosen * take
        chosen = chosen - taken
        chosen[1:, rank:] += taken[:-1, : total + 1 - rank]
    found: Numbers = chosen[n]
    return found


def welch_interval(one: Numbers, other: Numbers, level: float = LEVEL) -> Interval:
    """Return the difference of two means, one minus other, with Welch's interval.

    Args:
        one: (n,).
        other: (m,).
        level: the nominal coverage, in (0, 1). The actual coverage is close to it for normal data with any variances.

    Returns:
        All NaN if a value is not finite or a sample is empty. The ends are NaN if a sample has one value.

    Source: Welch, "The Generalization of 'Student's' Problem when Several Different Population Variances are Involved",
    1947.
    """
    n, m = len(one), len(other)
    if not n or not m or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return Interval(math.nan, math.nan, math.nan)
    difference = float(np.mean(one) - np.mean(other))
    if n < 2 or m < 2:
        return Interval(difference, math.nan, math.nan)
    first, second = np.var(one, ddof=1) / n, np.var(other, ddof=1) / m
    if first + second == 0:
        return Interval(difference, difference, difference)
    freedom = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (m - 1))
    half = float(stats.t.ppf((1 + level) / 2, freedom) * math.sqrt(first + second))
    return Interval(difference, difference - half, difference + half)


def can_differ(n: int, m: int, comparisons: int) -> bool:
    """Return whether samples of n and m values can be significantly different among so many comparisons."""
    return 2 * max(comparisons, 1) <= ALPHA * math.comb(n + m, n)


def min_runs(comparisons: int) -> int:
    """Return the smallest number of runs of each contender with which the rank-sum test can be significant.

    With n runs of each, no p-value is below 2 / binomial(2 n, n). The smallest of m p-values must not exceed 0.05 / m.

    Args:
        comparisons: the number m of comparisons.
    """
    runs = 1
    while not can_differ(runs, runs, comparisons):
        runs += 1
    return runs


def runs_needed(share: float, comparisons: int, power: float) -> float:
    """Return the number of runs of each of two contenders with which the test probably finds an observed difference.

    Args:
        share: the share of the pairs of one run of each in which the first is better; ties count half.
        comparisons: the number of comparisons for which p-values are corrected.
        power: the probability of finding it, in (0, 1).

    Returns:
        The number, infinite if the share is one half.

    Source: Noether, "Sample Size Determination for Some Common Nonparametric Tests", 1987, equation for two samples of
    equal size.
    """
    deviation = abs(share - 0.5)
    quantiles = stats.norm.isf(ALPHA / max(comparisons, 1) / 2) + stats.norm.ppf(power)
    return math.inf if deviation == 0 else float(quantiles**2 / (6 * deviation**2))
