"""Compare the winner of a problem with the other contenders, and compute how many seeds would settle the comparison."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from optbench.analysis.metrics import Numbers, cost_sign
from optbench.analysis.paired_comparison import compare_with_baseline
from optbench.analysis.pairs import count_splits, pair_keys
from optbench.analysis.rank_sum import min_runs, runs_needed
from optbench.analysis.significance import ALPHA, min_pairs
from optbench.spec.metrics import NOTHING_DECLARED, Declared

POWER = 0.8  # probability with which the test finds a difference as large as the observed one
MOST_SEEDS = 50  # the largest number of seeds that is computed
REACH, FEW_SEEDS = 3, 16  # a study can be repeated with three times its seeds, or with 16 if that is more
GROWTH = 1.5  # factor on the seeds of a comparison that was not significant


class Rival(NamedTuple):
    """A contender, compared with the winner in pairs of runs with the same seed and the same split.

    If their runs are not paired, ``pairs`` are all combinations of one run of each.
    """

    name: str
    wins: int  # the number of pairs in which the winner is better
    pairs: int
    difference: float  # the mean of the contender minus the winner, in the unit of the metric; NaN if a run diverged
    p_value: float  # corrected for all pairs of contenders
    is_worse: bool  # whether it is significantly worse than the winner
    is_equal: bool  # whether all pairs have equal values
    seeds_needed: int  # the number of seeds that would show the observed difference; 0 if it is shown or there is none
    splits: int = 1  # number of splits over which the problem is pooled; each has as many seeds
    is_paired: bool = True  # whether runs with the same seed are paired
    runs: int = 0  # number of runs of the contender with fewer runs, if runs are not paired


def compare_winner(values: pd.DataFrame, winner: str, declared: Declared = NOTHING_DECLARED) -> list[Rival]:
    """Compare the winner of a problem with the other contenders, sorted by their median.

    The data determine the winner. The p-values are therefore corrected for all pairs of contenders.

    Args:
        values: the values of one problem, as in :func:`compare_with_baseline`.
        winner: the contender with the best median.
        declared: directions and ranges of metrics by name.
    """
    sign = cost_sign(str(values["metric"].iloc[0]), declared)
    costs = values.assign(cost=np.where(values["diverged"], math.inf, sign * values["value"]))
    wide = costs.pivot(index=pair_keys(costs), columns="contender", values="cost")
    order = {str(name): place for place, name in enumerate(wide.median().sort_values(kind="stable").index)}
    comparisons = math.comb(wide.shape[1], 2)
    table = compare_with_baseline(values, winner, every_pair=True, declared=declared)
    rivals = [_compare(row, wide[row.contender], wide[winner], comparisons) for row in table.itertuples()]
    return sorted(rivals, key=lambda rival: order[rival.name])


def _compare(row: pd.Series, costs: pd.Series, winner: pd.Series, comparisons: int) -> Rival:
    """Return the comparison of one contender with the winner."""
    if not row.is_paired:
        return _compare_unpaired(row, costs.dropna().to_numpy(float), winner.dropna().to_numpy(float), comparisons)
    both = costs.notna() & winner.notna()
    one, other = costs[both].to_numpy(float), winner[both].to_numpy(float)
    equal = one == other  # two diverged runs are equal
    differences = np.subtract(one, other, out=np.zeros(len(one)), where=~equal)
    is_worse, is_equal = row.mark == "worse", bool(len(one)) and bool(equal.all())
    splits = count_splits(costs.index)
    needed = 0 if is_worse or is_equal else seeds_needed(differences, comparisons, splits)
    wins = int((differences > 0).sum())
    return Rival(row.contender, wins, len(one), row.difference, row.p_holm, is_worse, is_equal, needed, splits)


def _compare_unpaired(row: pd.Series, costs: Numbers, winner: Numbers, comparisons: int) -> Rival:
    """Return the comparison of one contender with the winner, if their runs are not paired."""
    is_worse = row.mark == "worse"
    runs = min(len(costs), len(winner))
    is_equal = bool(runs) and len(np.unique(np.concatenate([costs, winner]))) == 1
    wins = int((costs[:, None] > winner).sum())
    needed = 0
    if not is_worse and not is_equal:
        fewest = max(min_runs(comparisons), runs + 1)
        clear = wins in (0, row.pairs)
        enough = 0 if clear else max(runs_needed(row.improvement, comparisons, POWER), GROWTH * runs)
        needed = math.ceil(min(max(fewest, enough), MOST_SEEDS + 1))
    return Rival(
        row.contender, wins, int(row.pairs), row.difference, row.p_holm, is_worse, is_equal, needed, 1, False, runs
    )


def seeds_needed(differences: Numbers, comparisons: int, splits: int = 1) -> int:
    """Return the number of seeds with which the signed-rank test would probably find a difference like the observed.

    The test finds it with a probability of 80 % at the corrected level. If all differences have the same sign, the
    smallest number of pairs that can be significant is sufficient.

    Args:
        differences: (n,), paired differences, infinite if one of the runs diverged.
        comparisons: the number of comparisons for which p-values are corrected.
        splits: the number of splits to which the pairs belong. Each new seed adds a pair on each of them.

    Returns:
        The number of seeds on each split, more than there are. :data:`MOST_SEEDS` + 1 stands for all larger numbers.

    Source: Noether, "Sample Size Determination for Some Common Nonparametric Tests", 1987.
    """
    fewest = max(min_pairs(comparisons), len(differences) + 1)
    if len(differences) == 0 or (differences > 0).all() or (differences < 0).all():
        return math.ceil(fewest / splits)
    largest = np.finfo(float).max / 4  # infinite differences of both signs cancel
    finite = np.clip(differences, -largest, largest)
    sums = (finite[:, None] + finite)[np.triu_indices(len(finite))]
    share = np.mean(sums > 0) + 0.5 * np.mean(sums == 0)
    deviation = abs(share - 0.5)
    quantiles = stats.norm.isf(ALPHA / max(comparisons, 1) / 2) + stats.norm.ppf(POWER)
    needed = math.ceil(quantiles**2 / (3 * deviation**2)) if deviation > 0 else MOST_SEEDS + 1
    return min(math.ceil(max(needed, fewest, math.ceil(GROWTH * len(differences))) / splits), MOST_SEEDS + 1)


def seeds_for_all(rivals: Sequence[Rival]) -> int:
    """Return one number of seeds that would settle every comparison within reach; 0 if there is none.

    Within reach are comparisons that need at most three times the seeds that they have, or 16 seeds.
    """
    seeds = [rival.pairs / rival.splits if rival.is_paired else rival.runs for rival in rivals]
    limits = [max(REACH * count, FEW_SEEDS) for count in seeds]
    reachable = [rival.seeds_needed for rival, most in zip(rivals, limits, strict=True) if rival.seeds_needed <= most]
    return max(reachable, default=0)
