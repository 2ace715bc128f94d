"""Paired comparison with a baseline: runs of one problem and seed had the same start and the same batches."""

import math

import numpy as np
import pandas as pd

from optbench.analysis.metrics import Numbers, sign
from optbench.analysis.present import counted
from optbench.analysis.significance import ALPHA, favours, holm, seeds_needed, signed_rank_p
from optbench.analysis.statistics import mean_intervals_of_rows
from optbench.analysis.values import stacked

COLUMNS = [
    *("problem", "contender", "baseline", "pairs", "difference", "low", "high", "p_value", "p_holm"),
    *("improvement", "seeds_needed", "mark", "note"),
]


def paired(values: pd.DataFrame, baseline: str, every_pair: bool = False) -> pd.DataFrame:
    """Each contender against the baseline, seed by seed.

    Args:
        values: ``problem, contender, seed, metric, value, diverged`` of one metric and split, a row a run.
        baseline: a contender; a problem without it is left out.
        every_pair: correct for all pairs of a problem's contenders, not only for those with the baseline. To be used
            where the data chose the baseline, as they choose a winner.

    Returns:
        a row for each problem and contender other than the baseline:
        ``problem, contender, baseline``;
        ``pairs``, the seeds that both ended with;
        ``difference, low, high``, the mean of contender - baseline in the metric's unit with Student's 95 % interval,
        NaN where a run of a pair diverged;
        ``p_value, p_holm``, of :func:`optbench.analysis.significance.signed_rank_p`, and corrected over the problem;
        ``improvement``, the share of pairs in which the contender is better, ties half, in [0, 1];
        ``seeds_needed``, the fewest pairs that can show anything among so many comparisons;
        ``mark``, ``better`` or ``worse`` where p_holm <= 0.05 and there are enough pairs, else empty;
        ``note``, a sentence where there are too few pairs, else empty.
        A run that diverged is worse than any that did not, and as bad as another that did.
    """
    parts = [
        _with_baseline(_costs(group), str(problem), baseline, sign(group["metric"].iloc[0]), every_pair)
        for problem, group in values.groupby("problem", sort=False)
        if baseline in set(group["contender"])
    ]
    return stacked(parts, COLUMNS)


def too_few(pairs: int, comparisons: int) -> str:
    """That so many pairs cannot show a difference, and how many would, in a sentence; empty where they can."""
    needed = seeds_needed(comparisons)
    if pairs >= needed:
        return ""
    had, made = counted(pairs, "seed"), counted(comparisons, "comparison")
    return f"{had} cannot show a difference in {made}: it takes {needed}."


def _costs(group: pd.DataFrame) -> pd.DataFrame:
    """The values of one problem as costs, a row a seed, a column a contender; infinite for a run that diverged."""
    cost = np.where(group["diverged"], math.inf, sign(group["metric"].iloc[0]) * group["value"])
    wide = group.assign(cost=cost).pivot(index="seed", columns="contender", values="cost")
    return wide[list(dict.fromkeys(group["contender"]))]


def _with_baseline(costs: pd.DataFrame, problem: str, baseline: str, unit: float, every_pair: bool) -> pd.DataFrame:
    """The rows of one problem; ``unit`` turns a cost back into the metric."""
    others = costs.drop(columns=baseline)
    differences = _differences(others.to_numpy().T, costs[baseline].to_numpy())
    comparisons = math.comb(costs.shape[1], 2) if every_pair else others.shape[1]
    pairs = np.sum(~np.isnan(differences), axis=1)
    p = signed_rank_p(differences)
    p_holm = holm(p, comparisons)
    table = pd.DataFrame({"contender": others.columns, "problem": problem, "baseline": baseline, "pairs": pairs})
    diverged = np.isinf(costs[baseline]) | np.isinf(others.T)
    table[["difference", "low", "high"]] = _means(np.where(diverged, math.inf, unit * differences))
    words = np.where(favours(differences) < 0, "better", "worse")
    notes = [too_few(int(n), comparisons) for n in pairs]
    return table.assign(
        p_value=p,
        p_holm=p_holm,
        improvement=_improvement(differences),
        seeds_needed=seeds_needed(comparisons),
        mark=np.where((p_holm <= ALPHA) & (pairs >= seeds_needed(comparisons)), words, ""),
        note=notes,
    )


def _differences(costs: Numbers, baseline: Numbers) -> Numbers:
    """(contenders, seeds) minus (seeds,), NaN where one is missing; infinite where one diverged, 0 where both did."""
    both = np.isinf(costs) & np.isinf(baseline)
    differences: Numbers = np.subtract(costs, baseline, out=np.zeros_like(costs), where=~both)
    return differences


def _means(differences: Numbers) -> Numbers:
    """Mean and interval of each row's pairs, (m, 3); rows that have pairs at the same seeds at once."""
    result = np.full((len(differences), 3), math.nan)
    there, pattern = np.unique(~np.isnan(differences), axis=0, return_inverse=True)
    for number, seeds in enumerate(there):
        those = pattern.ravel() == number
        result[those] = mean_intervals_of_rows(differences[np.ix_(those, seeds)])
    return result


def _improvement(differences: Numbers) -> Numbers:
    """The share of pairs with a lower cost than the baseline's, ties half; NaN where there is no pair."""
    pairs = np.sum(~np.isnan(differences), axis=1)
    wins = np.sum(differences < 0, axis=1) + 0.5 * np.sum(differences == 0, axis=1)
    shares: Numbers = np.divide(wins, pairs, out=np.full(len(differences), math.nan), where=pairs > 0)
    return shares
