"""Compare contenders with a baseline in pairs of runs.

The two runs of a pair have the same problem and seed, hence the same initial weights and the same batches. If a problem
is pooled over several splits of its data, they also have the same split, and each split is a stratum.

Imported runs are paired only if that is declared (see :mod:`optbench.analysis.pairs`). Two contenders whose runs are
not paired are compared as independent samples, see :mod:`optbench.analysis.unpaired_comparison`.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.formatting import pluralize
from optbench.analysis.metrics import Numbers, cost_sign
from optbench.analysis.pairs import pair_keys, pairings_of, strata_of
from optbench.analysis.significance import (
    ALPHA,
    Strata,
    holm_correction,
    min_pairs,
    rank_sum_signs,
    signed_rank_p_values,
)
from optbench.analysis.statistics import mean_intervals_of_rows
from optbench.analysis.unpaired_comparison import compare_samples, unpaired_row
from optbench.analysis.values import concat_tables
from optbench.spec.metrics import NOTHING_DECLARED, Declared

COLUMNS = [
    *("problem", "contender", "baseline", "pairs", "difference", "low", "high", "p_value", "p_holm"),
    *("improvement", "seeds_needed", "mark", "note", "is_paired"),
]


def compare_with_baseline(
    values: pd.DataFrame, baseline: str, every_pair: bool = False, declared: Declared = NOTHING_DECLARED
) -> pd.DataFrame:
    """Compare each contender with the baseline, paired by seed.

    A diverged run is worse than any run that did not diverge, and equal to any other diverged run.

    Args:
        values: one row per run, with the columns ``problem, contender, seed, metric, value, diverged``, and
            ``split_seed`` if problems are pooled over splits. All rows have the same metric and split.
        baseline: a contender. Problems without it are left out.
        every_pair: whether to correct for all pairs of contenders of a problem, as :func:`compare_every_pair` does, not
            only for pairs with the baseline. Use it when the data determine the baseline, for example when the baseline
            is the winner.
        declared: directions and ranges of metrics by name.

    Returns:
        One row per problem and contender other than the baseline, with the columns:

        ``problem, contender, baseline``
        ``pairs``: the number of seeds (on several splits, of pairs of split and seed) that have a value for both.
        ``difference, low, high``: the mean of contender minus baseline, in the unit of the metric, with Student's 95 %
        interval. NaN if a run of a pair diverged.
        ``p_value, p_holm``: the p-value of :func:`optbench.analysis.significance.signed_rank_p_values`, and the value
        after Holm's correction over the comparisons of the problem.
        ``improvement``: the share of pairs in which the contender is better, in [0, 1]. Ties count half.
        ``seeds_needed``: the smallest number of pairs with which so many comparisons can be significant.
        ``mark``: ``better`` or ``worse`` if p_holm <= 0.05 and there are enough pairs, otherwise empty.
        ``note``: a sentence if there are too few pairs, otherwise empty.
        ``is_paired``: whether runs with the same seed are paired. If not, ``pairs`` is the number of combinations of
            one run of each,
        ``low, high`` are those of Welch's interval, the p-value is that of
        :func:`optbench.analysis.rank_sum.rank_sum_test`, and ``seeds_needed`` is a number of runs of each.
    """
    parts = [
        _compare_problem(wide_costs(group, sign), str(problem), baseline, sign, every_pair)
        for problem, group in values.groupby("problem", sort=False)
        if baseline in set(group["contender"])
        for sign in [cost_sign(group["metric"].iloc[0], declared)]
    ]
    return concat_tables(parts, COLUMNS)


class PairwiseTests(NamedTuple):
    """The comparisons of all pairs of n contenders. Row i, column j is contender i against contender j."""

    p_values: Numbers  # (n, n), symmetric, 1 on the diagonal
    p_holm: Numbers  # (n, n), corrected for all n (n - 1) / 2 pairs
    signs: Numbers  # (n, n), -1 if contender i has the lower costs, 1 if it has the higher ones, 0 if neither


def compare_every_pair(costs: pd.DataFrame) -> PairwiseTests:
    """Compare all pairs of contenders of one problem.

    Args:
        costs: from :func:`wide_costs`.
    """
    count, strata = costs.shape[1], strata_of(costs.index)
    values, signs = costs.to_numpy().T, np.zeros((count, count))
    p_values, p_holm = np.ones((count, count)), np.ones((count, count))
    if count > 1:
        one, other = np.array(list(itertools.combinations(range(count), 2))).T
        differences = np.concatenate([paired_differences(values[i + 1 :], values[i]) for i in range(count - 1)])
        p, sign = signed_rank_p_values(differences, strata), -rank_sum_signs(differences, strata)
        apart = are_unpaired(costs, one, other)
        for place in np.flatnonzero(apart):
            test = compare_samples(values[one[place]], values[other[place]])
            p[place], sign[place] = test.p_value, test.sign
        p_values[one, other] = p_values[other, one] = p
        p_holm[one, other] = p_holm[other, one] = holm_correction(p)
        signs[one, other] = sign
        signs[other, one] = -signs[one, other]
    return PairwiseTests(p_values, p_holm, signs)


def are_unpaired(costs: pd.DataFrame, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return for each pair of contenders whether their runs are not paired, (m,).

    Args:
        costs: from :func:`wide_costs`.
        one: (m,), columns of ``costs``.
        other: (m,), columns of ``costs``.
    """
    pairings = np.array(list(pairings_of(costs).values()), object)
    found: NDArray[np.bool_] = pairings[one] != pairings[other]
    return found


def describe_too_few_pairs(pairs: int, comparisons: int) -> str:
    """Return a sentence on how many pairs are needed if ``pairs`` are too few, otherwise an empty string."""
    needed = min_pairs(comparisons)
    if pairs >= needed:
        return ""
    seeds, tests = pluralize(pairs, "seed"), pluralize(comparisons, "comparison")
    return f"{seeds} cannot show a difference in {tests}: it takes {needed}."


def wide_costs(group: pd.DataFrame, sign: float) -> pd.DataFrame:
    """Return the costs of one problem, one row per pair and one column per contender. Diverged runs are infinite."""
    cost = np.where(group["diverged"], math.inf, sign * group["value"])
    wide = group.assign(cost=cost).pivot(index=pair_keys(group), columns="contender", values="cost")
    return wide[list(dict.fromkeys(group["contender"]))]


def _compare_problem(costs: pd.DataFrame, problem: str, baseline: str, sign: float, every_pair: bool) -> pd.DataFrame:
    """Return the rows of one problem. ``sign`` converts a cost back to the unit of the metric."""
    others = costs.drop(columns=baseline)
    differences, strata = paired_differences(others.to_numpy().T, costs[baseline].to_numpy()), strata_of(costs.index)
    comparisons = math.comb(costs.shape[1], 2) if every_pair else others.shape[1]
    pairs = np.sum(~np.isnan(differences), axis=1)
    table = pd.DataFrame({"contender": others.columns, "problem": problem, "baseline": baseline, "pairs": pairs})
    diverged = np.isinf(costs[baseline]) | np.isinf(others.T)
    table[["difference", "low", "high"]] = _mean_intervals(np.where(diverged, math.inf, sign * differences), strata)
    table = table.assign(
        p_value=signed_rank_p_values(differences, strata),
        improvement=_improvement(differences),
        seeds_needed=min_pairs(comparisons),
        mark=np.where(rank_sum_signs(differences, strata) < 0, "better", "worse"),
        note=[describe_too_few_pairs(int(n), comparisons) for n in pairs],
        is_paired=True,
    )
    place = list(costs.columns).index(baseline)
    order = [number for number in range(costs.shape[1]) if number != place]
    for row in np.flatnonzero(are_unpaired(costs, np.array(order, np.intp), np.full(len(order), place))):
        values = unpaired_row(others.iloc[:, row].to_numpy(), costs[baseline].to_numpy(), sign, comparisons)
        table.loc[row, list(values)] = list(values.values())
    p = table["p_value"].to_numpy(float)
    p_holm = np.delete(compare_every_pair(costs).p_holm[place], place) if every_pair else holm_correction(p)
    significant = (p_holm <= ALPHA) & (table["note"] == "")
    return table.assign(p_holm=p_holm, mark=table["mark"].where(significant, ""))


def paired_differences(costs: Numbers, baseline: Numbers) -> Numbers:
    """Return the costs minus those of the baseline.

    Args:
        costs: (contenders, pairs), infinite for diverged runs, NaN for missing runs.
        baseline: (pairs,), infinite for diverged runs, NaN for missing runs.

    Returns:
        (contenders, pairs), NaN if a run is missing, infinite if one run diverged, 0 if both diverged.
    """
    both = np.isinf(costs) & np.isinf(baseline)
    differences: Numbers = np.subtract(costs, baseline, out=np.zeros_like(costs), where=~both)
    return differences


def _mean_intervals(differences: Numbers, strata: Strata) -> Numbers:
    """Return the mean of each row with its interval, (m, 3). NaN marks missing pairs.

    Rows in which the same pairs are missing are computed together.
    """
    result = np.full((len(differences), 3), math.nan)
    patterns, pattern = np.unique(~np.isnan(differences), axis=0, return_inverse=True)
    for number, known in enumerate(patterns):
        rows = pattern.ravel() == number
        result[rows] = mean_intervals_of_rows(differences[np.ix_(rows, known)], strata=strata[known])
    return result


def _improvement(differences: Numbers) -> Numbers:
    """Return the share of pairs in which the cost is lower, (m,). Ties count half. NaN for rows without a pair."""
    pairs = np.sum(~np.isnan(differences), axis=1)
    wins = np.sum(differences < 0, axis=1) + 0.5 * np.sum(differences == 0, axis=1)
    shares: Numbers = np.divide(wins, pairs, out=np.full(len(differences), math.nan), where=pairs > 0)
    return shares
