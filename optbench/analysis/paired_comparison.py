"""Compare contenders with a baseline in pairs of runs.

The two runs of a pair have the same problem and seed, hence the same initial weights and the same batches. Where a
problem is pooled over several splits of its data, they have the same split, too, and each split is a stratum.
"""

import math

import numpy as np
import pandas as pd

from optbench.analysis.formatting import pluralize
from optbench.analysis.metrics import Numbers, cost_sign
from optbench.analysis.pairs import pair_keys, strata_of
from optbench.analysis.significance import (
    ALPHA,
    Strata,
    holm_correction,
    min_pairs,
    rank_sum_signs,
    signed_rank_p_values,
)
from optbench.analysis.statistics import mean_intervals_of_rows
from optbench.analysis.values import concat_tables
from optbench.spec.metrics import NOTHING_DECLARED, Declared

COLUMNS = [
    *("problem", "contender", "baseline", "pairs", "difference", "low", "high", "p_value", "p_holm"),
    *("improvement", "seeds_needed", "mark", "note"),
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
        every_pair: whether to correct for all pairs of contenders of a problem, not only for pairs with the baseline.
            Use it when the data determine the baseline, for example when the baseline is the winner.
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
    """
    parts = [
        _compare_problem(_costs(group, sign), str(problem), baseline, sign, every_pair)
        for problem, group in values.groupby("problem", sort=False)
        if baseline in set(group["contender"])
        for sign in [cost_sign(group["metric"].iloc[0], declared)]
    ]
    return concat_tables(parts, COLUMNS)


def describe_too_few_pairs(pairs: int, comparisons: int) -> str:
    """Return a sentence on how many pairs are needed if ``pairs`` are too few, otherwise an empty string."""
    needed = min_pairs(comparisons)
    if pairs >= needed:
        return ""
    seeds, tests = pluralize(pairs, "seed"), pluralize(comparisons, "comparison")
    return f"{seeds} cannot show a difference in {tests}: it takes {needed}."


def _costs(group: pd.DataFrame, sign: float) -> pd.DataFrame:
    """Return the costs of one problem, one row per pair and one column per contender. Diverged runs are infinite."""
    cost = np.where(group["diverged"], math.inf, sign * group["value"])
    wide = group.assign(cost=cost).pivot(index=pair_keys(group), columns="contender", values="cost")
    return wide[list(dict.fromkeys(group["contender"]))]


def _compare_problem(costs: pd.DataFrame, problem: str, baseline: str, sign: float, every_pair: bool) -> pd.DataFrame:
    """Return the rows of one problem. ``sign`` converts a cost back to the unit of the metric."""
    others = costs.drop(columns=baseline)
    differences, strata = _differences(others.to_numpy().T, costs[baseline].to_numpy()), strata_of(costs.index)
    comparisons = math.comb(costs.shape[1], 2) if every_pair else others.shape[1]
    pairs = np.sum(~np.isnan(differences), axis=1)
    p = signed_rank_p_values(differences, strata)
    p_holm = holm_correction(p, comparisons)
    table = pd.DataFrame({"contender": others.columns, "problem": problem, "baseline": baseline, "pairs": pairs})
    diverged = np.isinf(costs[baseline]) | np.isinf(others.T)
    table[["difference", "low", "high"]] = _mean_intervals(np.where(diverged, math.inf, sign * differences), strata)
    words = np.where(rank_sum_signs(differences, strata) < 0, "better", "worse")
    notes = [describe_too_few_pairs(int(n), comparisons) for n in pairs]
    return table.assign(
        p_value=p,
        p_holm=p_holm,
        improvement=_improvement(differences),
        seeds_needed=min_pairs(comparisons),
        mark=np.where((p_holm <= ALPHA) & (pairs >= min_pairs(comparisons)), words, ""),
        note=notes,
    )


def _differences(costs: Numbers, baseline: Numbers) -> Numbers:
    """Return the costs minus those of the baseline.

    Args:
        costs: (contenders, pairs), infinite for diverged runs, NaN for missing runs.
        baseline: (pairs,), likewise.

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
