"""Compare contenders over several problems: mean ranks with their intervals, tests of pairs, won and lost problems.

values of runs ──> costs_by_problem ──> mean_ranks           a bootstrap of problems, then of seeds
                                    └─> problem_pairs ──> groups_without_difference
"""

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from optbench.analysis.metrics import Numbers, cost_sign, worst_value
from optbench.analysis.paired_comparison import compare_every_pair, paired_differences, wide_costs
from optbench.analysis.pairs import blocks_of, pairings_of
from optbench.analysis.profiles import ranks
from optbench.analysis.significance import ALPHA, holm_correction, min_pairs, rank_sum_signs, signed_rank_p_values
from optbench.analysis.statistics import LEVEL
from optbench.spec.metrics import NOTHING_DECLARED, Declared

DRAWS = 2000  # bootstrap samples
RANK_COLUMNS = ["contender", "mean_rank", "low", "high", "best_on", "problems"]
PAIR_COLUMNS = [
    *("contender", "other", "problems", "won", "lost", "equal", "significantly_won", "significantly_lost"),
    *("p_value", "p_holm", "problems_needed", "mark"),
]


def costs_by_problem(values: pd.DataFrame, declared: Declared = NOTHING_DECLARED) -> dict[str, pd.DataFrame]:
    """Return the costs of each problem, one row per pair of runs and one column per contender.

    Args:
        values: one row per run, as in :func:`optbench.analysis.paired_comparison.compare_with_baseline`.
        declared: directions and ranges of metrics by name.
    """
    if values.empty:
        return {}
    sign = cost_sign(str(values["metric"].iloc[0]), declared)
    return {str(problem): wide_costs(group, sign) for problem, group in values.groupby("problem", sort=False)}


def median_table(costs: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the median cost of each contender (columns) on each problem (rows), NaN where it was not run."""
    names = list(dict.fromkeys(name for table in costs.values() for name in table))
    return pd.DataFrame({problem: table.median() for problem, table in costs.items()}).T.reindex(columns=names)


def mean_ranks(
    costs: Mapping[str, pd.DataFrame], generator: np.random.Generator, level: float = LEVEL, draws: int = DRAWS
) -> pd.DataFrame:
    """Return the mean rank of each contender over problems, with a percentile interval of a two-level bootstrap.

    Each bootstrap sample draws as many problems as there are, with replacement, and for each drawn problem as many
    seeds as it has, with replacement. On several splits of the data, seeds are drawn within each split. Contenders
    share the drawn seeds if their runs are paired. Unpaired runs are drawn within each contender.

    Args:
        costs: from :func:`costs_by_problem`. Problems on which a contender was not run are left out.
        generator: the random generator of the bootstrap.
        level: the nominal coverage, in (0, 1).
        draws: the number of bootstrap samples.

    Returns:
        ``contender, mean_rank, low, high, best_on, problems``, sorted by mean rank. ``best_on`` is the number of
        problems with rank 1, ``problems`` the number of all problems. The ends are NaN with fewer than two problems.

    Source: Davison and Hinkley, "Bootstrap Methods and Their Application", 1997, section 3.8 (hierarchical data).
    """
    ranked = ranks(median_table(costs)) if costs else pd.DataFrame()
    if ranked.empty:
        return pd.DataFrame(columns=RANK_COLUMNS)
    samples = bootstrap_mean_ranks([costs[str(p)][ranked.columns] for p in ranked.index], generator, draws)
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0)
    table = pd.DataFrame({"contender": ranked.columns, "mean_rank": ranked.mean().to_numpy(), "low": low, "high": high})
    table = table.assign(best_on=(ranked == 1).sum().to_numpy(), problems=len(ranked))
    if len(ranked) < 2:
        table[["low", "high"]] = math.nan
    return table.sort_values("mean_rank", kind="stable", ignore_index=True)[RANK_COLUMNS]


def bootstrap_mean_ranks(costs: Sequence[pd.DataFrame], generator: np.random.Generator, draws: int = DRAWS) -> Numbers:
    """Return the mean ranks of bootstrap samples of problems and seeds.

    Args:
        costs: of each problem, one row per pair of runs and one column per contender.
        generator: the random generator.
        draws: the number of samples.

    Returns:
        (draws, contenders).
    """
    drawn = generator.integers(len(costs), size=(draws, len(costs)))
    total = np.zeros((draws, costs[0].shape[1]))
    for number, table in enumerate(costs):
        sample, _ = np.nonzero(drawn == number)
        np.add.at(total, sample, stats.rankdata(draw_medians(table, generator, len(sample)), axis=1))
    return total / len(costs)


def draw_pairs(strata: NDArray[np.intp], generator: np.random.Generator, draws: int) -> NDArray[np.intp]:
    """Draw as many pairs as there are, with replacement, within strata.

    Args:
        strata: (n,), the stratum of each pair.
        generator: the random generator.
        draws: the number of samples.

    Returns:
        (draws, n), indices of pairs.
    """
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    return np.concatenate([each[generator.integers(len(each), size=(draws, len(each)))] for each in members], axis=1)


def draw_medians(costs: pd.DataFrame, generator: np.random.Generator, draws: int) -> Numbers:
    """Return the medians of the contenders over drawn pairs, (draws, contenders).

    Contenders that share no pair are drawn separately.

    Args:
        costs: one row per pair of runs and one column per contender, infinite for diverged runs, NaN for missing runs.
        generator: the random generator.
        draws: the number of samples.
    """
    values, pairings = costs.to_numpy(float), np.array(list(pairings_of(costs).values()), object)
    blocks = blocks_of(costs.index)
    medians = np.empty((draws, costs.shape[1]))
    for pairing in dict.fromkeys(pairings):
        columns = pairings == pairing
        known = ~np.isnan(values[:, columns]).all(axis=1)
        rows = draw_pairs(blocks[known], generator, draws)
        medians[:, columns] = medians_of_rows(values[np.ix_(known, columns)], rows)
    return medians


def medians_of_rows(costs: Numbers, rows: NDArray[np.intp]) -> Numbers:
    """Return the medians of the contenders over the drawn pairs.

    Args:
        costs: (pairs, contenders), infinite for diverged runs. Missing runs are NaN and left out.
        rows: (draws, n), indices of pairs.

    Returns:
        (draws, contenders). A contender without a run among the drawn pairs keeps its median over all of them.
    """
    drawn = costs[rows]
    if not np.isnan(costs).any():
        found: Numbers = np.median(drawn, axis=1)
        return found
    missing = np.asarray(np.isnan(drawn).all(axis=1))
    kept: Numbers = np.nanmedian(np.where(missing[:, None, :], np.nanmedian(costs, axis=0), drawn), axis=1)
    return kept


def rank_medians(costs: Numbers, rows: NDArray[np.intp]) -> Numbers:
    """Return the ranks of the contenders by :func:`medians_of_rows`, (draws, contenders)."""
    ranked: Numbers = stats.rankdata(medians_of_rows(costs, rows), axis=1)
    return ranked


def problem_pairs(
    costs: Mapping[str, pd.DataFrame], metric: str, declared: Declared = NOTHING_DECLARED
) -> pd.DataFrame:
    """Compare each pair of contenders over problems.

    On each problem, the contender with the better median has won. The win is significant if the test on the problem is:
    the paired test, or the test for independent samples if runs are not paired. Over problems, Wilcoxon's signed-rank
    test compares the medians. For a loss, whose unit differs between problems, it ranks relative differences (a - b) /
    (|a| + |b|), which depend only on the two contenders. For other metrics, such as accuracies, it ranks differences.

    Args:
        costs: from :func:`costs_by_problem`.
        metric: the metric of the costs.
        declared: directions and ranges of metrics by name.

    Returns:
        One row per pair, with the columns:

        ``contender, other``: ``contender`` is the one with the better mean rank.
        ``problems``: the number of problems on which both were run.
        ``won, lost, equal``: the number of problems on which ``contender`` has the better, the worse, the same median.
        ``significantly_won, significantly_lost``: on how many of them the difference is significant, corrected by Holm
        for all pairs of contenders of the problem.
        ``p_value, p_holm``: p-value of the test over problems, before and after Holm's correction for all rows.
        ``problems_needed``: the smallest number of problems with which so many comparisons can be significant.
        ``mark``: ``better`` or ``worse`` if p_holm <= 0.05, otherwise empty.

    Source: Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", 2006, for the test over problems;
    Benavoli, Corani and Mangili, "Should We Really Use Post-Hoc Tests Based on Mean-Ranks?", 2016, for pairwise tests
    instead of Nemenyi's, whose result for two contenders depends on the others.
    """
    medians = median_table(costs) if costs else pd.DataFrame()
    names = list(medians.rank(axis=1).mean().sort_values(kind="stable").index) if len(medians) else []
    pairs = list(itertools.combinations(names, 2))
    if not pairs:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    one, other = (medians[[pair[side] for pair in pairs]].to_numpy().T for side in (0, 1))
    differences = paired_differences(one, other)
    scaled = scale_differences(differences, one, other, metric, declared)
    p_values = signed_rank_p_values(scaled)
    p_holm, needed = holm_correction(p_values), min_pairs(len(pairs))
    wins = significant_wins(costs, names)
    places = {name: place for place, name in enumerate(names)}
    first, second = (np.array([places[pair[side]] for pair in pairs]) for side in (0, 1))
    words = np.where(rank_sum_signs(scaled) < 0, "better", "worse")
    return pd.DataFrame(pairs, columns=PAIR_COLUMNS[:2]).assign(
        problems=(~np.isnan(differences)).sum(axis=1),
        won=(differences < 0).sum(axis=1),
        lost=(differences > 0).sum(axis=1),
        equal=(differences == 0).sum(axis=1),
        significantly_won=wins[first, second],
        significantly_lost=wins[second, first],
        p_value=p_values,
        p_holm=p_holm,
        problems_needed=needed,
        mark=np.where(p_holm <= ALPHA, words, ""),
    )


def scale_differences(
    differences: Numbers, one: Numbers, other: Numbers, metric: str, declared: Declared = NOTHING_DECLARED
) -> Numbers:
    """Make differences of different problems comparable: those of a loss are divided by the sum of both sizes.

    Args:
        differences: (m, problems), ``one`` minus ``other``.
        one: (m, problems), costs, infinite if the median run diverged.
        other: (m, problems), costs, infinite if the median run diverged.
        metric: the metric of the costs.
        declared: directions and ranges of metrics by name.

    Returns:
        (m, problems). Infinite differences stay infinite.
    """
    if not has_unit(metric, declared):
        return differences
    sizes = np.abs(one) + np.abs(other)
    divisible = np.isfinite(differences) & (sizes > 0)
    relative: Numbers = np.divide(differences, sizes, out=differences.copy(), where=divisible)
    return relative


def has_unit(metric: str, declared: Declared = NOTHING_DECLARED) -> bool:
    """Return whether values of different problems have different units, as losses and metrics without bounds do."""
    is_unbounded = metric in declared and math.isinf(declared[metric].low) and math.isinf(declared[metric].high)
    return math.isinf(worst_value(metric, declared)) and (cost_sign(metric, declared) > 0 or is_unbounded)


def significant_wins(costs: Mapping[str, pd.DataFrame], names: Sequence[str]) -> NDArray[np.int64]:
    """Return on how many problems the contender of a row is significantly better than that of a column.

    Args:
        costs: from :func:`costs_by_problem`.
        names: n contenders.

    Returns:
        (n, n).
    """
    wins = np.zeros((len(names), len(names)), np.int64)
    for table in costs.values():
        known = [place for place, name in enumerate(names) if name in table]
        tests = compare_every_pair(table[[names[place] for place in known]])
        wins[np.ix_(known, known)] += (tests.p_holm <= ALPHA) & (tests.signs < 0)
    return wins


def groups_without_difference(names: Sequence[str], pairs: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the maximal ranges of contenders, in the order of their ranks, in which no pair differs significantly.

    Args:
        names: the contenders, sorted by mean rank.
        pairs: from :func:`problem_pairs`.

    Returns:
        The first and the last contender of each range with at least two.
    """
    different = {frozenset(pair) for pair in pairs.loc[pairs["mark"] != "", ["contender", "other"]].to_numpy().tolist()}
    found: list[tuple[int, int]] = []
    for first in range(len(names)):
        last = first
        while last + 1 < len(names) and not any(
            frozenset((names[last + 1], name)) in different for name in names[first : last + 1]
        ):
            last += 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return [(names[first], names[last]) for first, last in found]
