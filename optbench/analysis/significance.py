"""When a difference between paired runs may be called one: an exact test, its correction, and what it needs."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from optbench.analysis.metrics import Numbers

ALPHA = 0.05  # how often, at most, a difference is claimed among equals: over all comparisons of a problem
LARGEST = np.finfo(float).max  # stands for an infinite difference, below what stands for no pair


def signed_rank_p(differences: Numbers) -> Numbers:
    """The two-sided p-value of Wilcoxon's signed-rank test, exact with ties, zeros and infinite differences.

    The absolute differences are ranked, ties by their mean rank; infinite ones (a run diverged) are the largest and
    tied. Zeros take ranks and are then left out (Pratt). Under the hypothesis each of the remaining ranks is positive
    or negative with probability 1/2: the distribution of their sum is counted out over all signs, not approximated.

    Args:
        differences: (m, n), a row a test; NaN where there is no pair.

    Returns:
        (m,). 1 where nothing differs or there is no pair; never below 2 / 2**(pairs that differ).

    Of differences that are symmetric about 0, as they are between equals, it rejects 3.9, 4.9 and 4.8 % at the level of
    5 % with n = 8, 10, 20. A shift of 1.5 standard deviations of normal differences it finds in 91.9, 98.3 and 100 %;
    of 1.5 standard deviations of a run, where the seed explains nothing, in 66, 83 and 99 %. Its cost grows as n³.

    Source: Wilcoxon, "Individual Comparisons by Ranking Methods", 1945; Pratt, "Remarks on Zeros and Ties in the
    Wilcoxon Signed Rank Procedures", 1959.
    """
    ranks = _doubled_ranks(differences)
    total = ranks.sum(axis=1)
    positive = np.where(differences > 0, ranks, 0).sum(axis=1)
    extreme = np.maximum(positive, total - positive)
    patterns, pattern = np.unique(np.sort(ranks, axis=1), axis=0, return_inverse=True)
    p = np.ones(len(differences))
    for number, of_pattern in enumerate(patterns):
        those = pattern.ravel() == number
        p[those] = np.minimum(1.0, 2 * _at_least(of_pattern)[extreme[those]])
    return p


def favours(differences: Numbers) -> Numbers:
    """Which way each row of (m, n) leans by the ranks of :func:`signed_rank_p`, (m,): 1 above zero, -1 below, or 0."""
    signs: Numbers = np.sign((np.nan_to_num(np.sign(differences)) * _doubled_ranks(differences)).sum(axis=1))
    return signs


def holm(p: Numbers, comparisons: int | None = None) -> Numbers:
    """p-values corrected so that the chance of any false claim among all of them stays below :data:`ALPHA`.

    Args:
        p: (m,).
        comparisons: of how many comparisons these are some, at least m; m if None. With more, the corrected values are
            those of Holm or larger.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
    """
    order = np.argsort(p, kind="stable")
    factors = (len(p) if comparisons is None else comparisons) - np.arange(len(p))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return corrected


def seeds_needed(comparisons: int) -> int:
    """The fewest pairs with which the signed-rank test can find anything among so many comparisons.

    With n pairs no p-value is below 2 / 2**n, and the smallest of m must not exceed 0.05 / m: n >= 1 + log2(m / 0.05).
    """
    return math.ceil(1 + math.log2(max(comparisons, 1) / ALPHA))


def _doubled_ranks(differences: Numbers) -> NDArray[np.int64]:
    """Twice the rank of each difference, a whole number; 0 for zeros and where there is no pair."""
    size = np.minimum(np.abs(differences), LARGEST)
    none = np.isnan(differences)
    ranks = stats.rankdata(np.where(none, math.inf, size), axis=1)
    doubled: NDArray[np.int64] = np.where(none | (size == 0), 0, np.round(2 * ranks)).astype(np.int64)
    return doubled


def _at_least(ranks: NDArray[np.int64]) -> Numbers:
    """The probability that the sum of the positive ones among ``ranks`` is w or more, for w = 0 .. their sum."""
    chance = np.zeros(ranks.sum() + 1)
    chance[0] = 1.0
    for rank in ranks:
        shifted = np.concatenate([np.zeros(rank), chance[: len(chance) - rank]])
        chance = (chance + shifted) / 2
    return np.cumsum(chance[::-1])[::-1]
