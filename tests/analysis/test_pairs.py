"""Pairs of runs on several splits: what pairs them, the strata, and intervals within strata."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from optbench.analysis.evidence import compare_winner, seeds_needed
from optbench.analysis.paired_comparison import compare_with_baseline
from optbench.analysis.pairs import pair_keys, strata_of
from optbench.analysis.significance import signed_rank_p_values
from optbench.analysis.statistics import mean_intervals_of_rows


def values(differences):
    """The values of two contenders whose differences are given, (splits, seeds), each split on a level of its own."""
    rows = [
        {"problem": "p", "contender": name, "split_seed": split, "seed": seed, "metric": "loss",
         "value": 10.0 * split + seed + (difference if name == "b" else 0.0), "diverged": False}
        for split, of_split in enumerate(differences)
        for seed, difference in enumerate(of_split)
        for name in ("a", "b")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_runs_are_paired_by_seed_and_on_several_splits_by_split_and_seed():
    assert pair_keys(pd.DataFrame(columns=["seed", "problem"])) == ["seed"]
    assert pair_keys(pd.DataFrame(columns=["seed", "split_seed"])) == ["split_seed", "seed"]


def test_pairs_of_one_split_are_a_stratum_unless_each_split_has_one_pair():
    several = pd.MultiIndex.from_product([[7, 3], [0, 1]], names=["split_seed", "seed"])
    assert strata_of(several).tolist() == [0, 0, 1, 1]
    assert strata_of(pd.MultiIndex.from_product([[7, 3, 5], [0]], names=["split_seed", "seed"])).tolist() == [0, 0, 0]
    assert strata_of(pd.Index([0, 1, 2])).tolist() == [0, 0, 0]


def test_a_comparison_on_several_splits_is_the_stratified_test():
    differences = np.array([[0.1, 0.2, -0.3, 0.4], [5.0, 6.0, 7.0, -1.0]])
    (row,) = compare_with_baseline(values(differences), "a").itertuples()
    expected = signed_rank_p_values(differences.reshape(1, -1), np.repeat([0, 1], 4))[0]
    assert (row.pairs, row.p_value, row.improvement) == (8, pytest.approx(expected), 0.25)
    assert row.difference == pytest.approx(differences.mean())


def test_the_interval_of_a_mean_over_strata_is_that_of_a_two_way_analysis_of_variance():
    differences = np.random.default_rng(1).normal([[1.0], [4.0], [9.0]], 0.5, size=(3, 6))
    mean, low, high = mean_intervals_of_rows(differences.reshape(1, -1), strata=np.repeat([0, 1, 2], 6))[0]
    residuals = differences - differences.mean(axis=1, keepdims=True)
    half = stats.t.ppf(0.975, 15) * np.sqrt(np.sum(residuals**2) / 15 / 18)
    assert mean == pytest.approx(differences.mean())
    assert (low, high) == (pytest.approx(mean - half), pytest.approx(mean + half))


def test_the_interval_covers_the_mean_over_these_strata():
    x = np.random.default_rng(2).normal(size=(4000, 9)) + np.repeat([0.0, 5.0, -2.0], 3)
    _, low, high = mean_intervals_of_rows(x, strata=np.repeat([0, 1, 2], 3)).T
    assert 0.93 < np.mean((low <= 1.0) & (high >= 1.0)) < 0.97


def test_one_stratum_is_students_interval():
    x = np.random.default_rng(3).normal(size=(5, 7))
    np.testing.assert_allclose(mean_intervals_of_rows(x, strata=np.zeros(7, int)), mean_intervals_of_rows(x))


def test_seeds_are_counted_on_each_split():
    assert seeds_needed(np.array([0.1, 0.2, 0.3, 0.4]), 1, splits=2) == 3  # 6 pairs can be significant
    assert seeds_needed(np.arange(1.0, 7.0), 3, splits=3) == 3  # 7 pairs, and more seeds than the 2 that there are
    (rival,) = compare_winner(values(np.array([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]])), "a")
    assert (rival.pairs, rival.splits, rival.wins) == (6, 2, 4)
