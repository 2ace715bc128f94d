"""Test paired differences for significance: an exact test, its correction, and the required number of pairs."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from optbench.analysis.metrics import Numbers

ALPHA = 0.05  # the largest probability of a false positive among all comparisons of a problem
Strata = NDArray[np.intp]
LARGEST_FINITE = np.finfo(float).max  # represents an infinite difference; infinity represents a missing pair


def signed_rank_p_values(differences: Numbers, strata: Strata | None = None) -> Numbers:
    """Return the two-sided p-values of Wilcoxon's signed-rank test, exact with ties, zeros and infinite differences.

    The absolute differences are ranked, ties by their mean rank. Infinite differences (a run diverged) are the largest
    and tied. Zeros are ranked and then left out (Pratt). Under the null hypothesis each of the remaining ranks is
    positive or negative with probability 1/2. The distribution of their sum is computed over all signs and is not
    approximated. The cost grows as n³.

    With strata, the differences of each stratum are ranked by themselves, and the rank sums of the strata are added.
    The signs remain independent under the null hypothesis, so the distribution of the total is as exact as that of one
    stratum. A stratum with large differences does not outweigh the others.

    For differences that are symmetric about 0, the test rejects 3.9, 4.9 and 4.8 % at the 5 % level with n = 8, 10 and
    20. Its power is 91.9, 98.3 and 100 % for a shift of 1.5 standard deviations of normal differences. It is 66, 83 and
    99 % for a shift of 1.5 standard deviations of a run if the seed explains nothing.

    Args:
        differences: (m, n), one row per test, NaN for missing pairs.
        strata: (n,), the number of the stratum of each pair. One stratum if None.

    Returns:
        (m,), in (0, 1]. 1 if no pair differs or there is no pair. The smallest possible value is 2 / 2**k for k pairs
        that differ.

    Source: Wilcoxon, "Individual Comparisons by Ranking Methods", 1945; Pratt, "Remarks on Zeros and Ties in the
    Wilcoxon Signed Rank Procedures", 1959; Lehmann, "Nonparametrics: Statistical Methods Based on Ranks", 1975, section
    3.3, for sums of Wilcoxon statistics over blocks.
    """
    ranks = _doubled_ranks(differences, strata)
    total = ranks.sum(axis=1)
    positive = np.where(differences > 0, ranks, 0).sum(axis=1)
    extreme = np.maximum(positive, total - positive)
    patterns, pattern = np.unique(np.sort(ranks, axis=1), axis=0, return_inverse=True)
    p = np.ones(len(differences))
    for number, pattern_ranks in enumerate(patterns):
        rows = pattern.ravel() == number
        p[rows] = np.minimum(1.0, 2 * _tail_probabilities(pattern_ranks)[extreme[rows]])
    return p


def rank_sum_signs(differences: Numbers, strata: Strata | None = None) -> Numbers:
    """Return the sign of the signed-rank sum of each row.

    Args:
        differences: as in :func:`signed_rank_p_values`.
        strata: as in :func:`signed_rank_p_values`.

    Returns:
        (m,), 1 if positive differences prevail, -1 if negative ones do, 0 if neither do.
    """
    signs: Numbers = np.sign((np.nan_to_num(np.sign(differences)) * _doubled_ranks(differences, strata)).sum(axis=1))
    return signs


def holm_correction(p: Numbers) -> Numbers:
    """Apply Holm's correction, which bounds the probability of any false positive by the level of the test.

    Args:
        p: (m,), the p-values of all comparisons that were made.

    Returns:
        (m,), corrected p-values in the order of ``p``.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
    """
    order = np.argsort(p, kind="stable")
    factors = len(p) - np.arange(len(p))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return corrected


def min_pairs(comparisons: int) -> int:
    """Return the smallest number of pairs with which the signed-rank test can be significant.

    With n pairs no p-value is below 2 / 2**n. The smallest of m p-values must not exceed 0.05 / m. Therefore
    n >= 1 + log2(m / 0.05).

    Args:
        comparisons: the number m of comparisons.
    """
    return math.ceil(1 + math.log2(max(comparisons, 1) / ALPHA))


def _doubled_ranks(differences: Numbers, strata: Strata | None) -> NDArray[np.int64]:
    """Return twice the rank of each absolute difference in its stratum, an integer. 0 for zeros and missing pairs."""
    if strata is not None and len(np.unique(strata)) > 1:
        ranks = np.zeros(differences.shape, np.int64)
        for stratum in np.unique(strata):
            ranks[:, strata == stratum] = _doubled_ranks(differences[:, strata == stratum], None)
        return ranks
    size = np.minimum(np.abs(differences), LARGEST_FINITE)
    missing = np.isnan(differences)
    ranks = stats.rankdata(np.where(missing, math.inf, size), axis=1)
    doubled: NDArray[np.int64] = np.where(missing | (size == 0), 0, np.round(2 * ranks)).astype(np.int64)
    return doubled


def _tail_probabilities(ranks: NDArray[np.int64]) -> Numbers:
    """Return the probability that the sum of the positive ``ranks`` is at least w, for w = 0 .. the sum of all."""
    probability = np.zeros(ranks.sum() + 1)
    probability[0] = 1.0
    for rank in ranks:
        shifted = np.concatenate([np.zeros(rank), probability[: len(probability) - rank]])
        probability = (probability + shifted) / 2
    return np.cumsum(probability[::-1])[::-1]
