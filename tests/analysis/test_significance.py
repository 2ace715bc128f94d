"""The signed-rank test against SciPy and by simulation; Holm's correction by hand."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from optbench.analysis.paired_comparison import compare_with_baseline
from optbench.analysis.significance import ALPHA, holm_correction, min_pairs, rank_sum_signs, signed_rank_p_values
from optbench.analysis.statistics import mean_intervals_of_rows
from optbench.random.streams import stream

SAMPLES = 20_000


def drawn(n, shape):
    """(SAMPLES, n) values of mean 0 and standard deviation 1."""
    generator = stream("simulated", n, shape)
    if shape == "normal":
        return generator.normal(size=(SAMPLES, n))
    return (generator.lognormal(size=(SAMPLES, n)) - math.exp(0.5)) / math.sqrt((math.e - 1) * math.e)


def within(share, expected, errors=4.0):
    """Return whether a simulated share is within so many standard errors of ``expected``."""
    return abs(share - expected) < errors * math.sqrt(expected * (1 - expected) / SAMPLES)


def by_enumeration(differences):
    """Return the p-value from all combinations of signs."""
    size = np.abs(differences)
    ranks = stats.rankdata(size)[size > 0]
    statistic = ranks @ np.sign(differences[size > 0])
    signs = np.array(list(itertools.product([-1, 1], repeat=len(ranks))))
    return np.mean(np.abs(signs @ ranks) >= abs(statistic) - 1e-9)


@pytest.mark.parametrize("n", [1, 2, 5, 8, 10, 20])
def test_without_ties_the_p_value_is_scipys_exact_one(n):
    x = stream("no ties", n).normal(0.5, 1, (20, n))
    expected = [stats.wilcoxon(row, method="exact").pvalue for row in x]
    np.testing.assert_allclose(signed_rank_p_values(x), expected)


def test_with_ties_and_zeros_the_p_value_is_that_of_all_signs():
    x = stream("ties").integers(-3, 5, (40, 8)).astype(float)
    assert (x == 0).any(axis=1).sum() > 10
    np.testing.assert_allclose(signed_rank_p_values(x), [by_enumeration(row) for row in x])


def test_with_ties_and_zeros_the_p_value_is_scipys_permutation_of_pratts_ranks():
    x = np.array([0, 1, 1, -2, 3, 3, -1, 4, 0.0])
    exact = stats.PermutationMethod(n_resamples=math.inf)
    assert signed_rank_p_values(x[None])[0] == pytest.approx(
        stats.wilcoxon(x, zero_method="pratt", method=exact).pvalue
    )


def test_infinite_differences_are_the_largest_ranks_and_tied():
    infinite = np.array([[1, 2, -3, math.inf, math.inf, -math.inf, 4, 5]])
    finite = np.where(np.isinf(infinite), np.sign(infinite) * 99.0, infinite)
    assert signed_rank_p_values(infinite)[0] == signed_rank_p_values(finite)[0] == by_enumeration(finite[0])


def test_a_missing_pair_changes_nothing():
    x = np.array([1.0, 2, 3, 4, -math.inf, 6])
    with_gaps = np.insert(x, [1, 2, 2, 6], math.nan)
    assert signed_rank_p_values(with_gaps[None]) == signed_rank_p_values(x[None])
    assert rank_sum_signs(with_gaps[None]) == rank_sum_signs(x[None]) == 1


def test_where_nothing_differs_there_is_no_evidence():
    assert signed_rank_p_values(np.array([[0.0, 0, 0], [math.nan] * 3])).tolist() == [1.0, 1.0]
    assert rank_sum_signs(np.zeros((1, 3))).tolist() == [0]


def test_five_pairs_are_never_significant_and_six_of_one_sign_are():
    assert signed_rank_p_values(np.ones((1, 5)) * np.arange(1, 6))[0] == 0.0625
    assert signed_rank_p_values(np.ones((1, 6)) * np.arange(1, 7))[0] == 0.03125


def test_holms_correction_by_hand():
    # sorted 0.01 0.02 0.03 0.2, times 4 3 2 1, and never falling: 0.04 0.06 0.06 0.2
    np.testing.assert_allclose(holm_correction(np.array([0.02, 0.2, 0.01, 0.03])), [0.06, 0.2, 0.04, 0.06])
    np.testing.assert_allclose(holm_correction(np.array([0.02, 0.2]), comparisons=10), [0.2, 1.0])
    assert holm_correction(np.array([0.6, 0.9])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("comparisons", [1, 2, 3, 5, 15, 100])
def test_min_pairs_is_the_smallest_number_that_can_be_significant(comparisons):
    n = min_pairs(comparisons)
    assert 2 / 2**n * comparisons <= ALPHA < 2 / 2 ** (n - 1) * comparisons


@pytest.mark.parametrize("n", [8, 10, 20])
@pytest.mark.parametrize("shape", ["normal", "lognormal"])
def test_at_most_one_in_twenty_equal_optimizers_is_rejected(n, shape):
    """Exact sizes, from counting all signs: 3.91, 4.88 and 4.84 %."""
    x, y = drawn(n, shape), drawn(n, shape)[::-1]
    rejected = np.mean(signed_rank_p_values(x - y) <= ALPHA)
    assert rejected < 0.06
    assert within(rejected, {8: 0.03906, 10: 0.04883, 20: 0.04844}[n])


def test_six_equal_optimizers_are_marked_in_at_most_one_study_of_twenty():
    studies, seeds = 200, 10
    values = stream("equals").normal(size=(studies, 6, seeds))
    study, contender, seed = np.indices(values.shape).reshape(3, -1)
    table = pd.DataFrame({"problem": study, "contender": contender, "seed": seed, "value": values.ravel()})
    marks = compare_with_baseline(table.assign(metric="loss", diverged=False), baseline=0)
    false = marks["mark"].ne("").groupby(marks["problem"]).any().mean()
    assert false <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / studies)


def test_at_ten_seeds_a_shift_of_one_and_a_half_standard_deviations_is_found():
    """The power is 0.9829 (4,000,000 simulated samples of normal differences with standard deviation 1)."""
    found = np.mean(signed_rank_p_values(drawn(10, "normal") + 1.5) <= ALPHA)
    assert found > 0.85
    assert within(found, 0.9829)


@pytest.mark.parametrize("n", [8, 10, 20])
def test_students_interval_covers_normal_data_as_it_says(n):
    _, low, high = mean_intervals_of_rows(drawn(n, "normal")).T
    covered = np.mean((low <= 0) & (high >= 0))
    assert 0.93 < covered < 0.97
    assert within(covered, 0.95)


@pytest.mark.parametrize(("n", "documented"), [(8, 0.831), (10, 0.839), (20, 0.868)])
def test_students_interval_covers_skewed_data_as_little_as_its_docstring_says(n, documented):
    _, low, high = mean_intervals_of_rows(drawn(n, "lognormal")).T
    covered = np.mean((low <= 0) & (high >= 0))
    assert within(covered, documented)


def strata_by_enumeration(differences, strata):
    """Return the p-value of the sum of the signed-rank statistics of the strata from all combinations of signs."""
    ranks = np.concatenate([stats.rankdata(np.abs(differences[strata == s])) for s in np.unique(strata)])
    ordered = np.concatenate([differences[strata == s] for s in np.unique(strata)])
    ranks, ordered = ranks[ordered != 0], ordered[ordered != 0]
    signs = np.array(list(itertools.product([-1, 1], repeat=len(ranks))))
    return np.mean(np.abs(signs @ ranks) >= abs(ranks @ np.sign(ordered)) - 1e-9)


def test_strata_are_ranked_by_themselves_and_their_p_value_is_that_of_all_signs():
    x = stream("strata").integers(-4, 7, (30, 11)).astype(float)
    strata = np.array([0, 1, 2] * 3 + [1, 1])
    np.testing.assert_allclose(signed_rank_p_values(x, strata), [strata_by_enumeration(row, strata) for row in x])


def test_one_stratum_is_the_ordinary_test_and_the_unit_of_a_stratum_does_not_matter():
    x = stream("units").normal(0.4, 1, (20, 9))
    np.testing.assert_allclose(signed_rank_p_values(x, np.zeros(9, int)), signed_rank_p_values(x))
    strata = np.repeat([0, 1, 2], 3)
    scaled = x * np.array([1.0, 1000.0, 0.001])[strata]
    np.testing.assert_allclose(signed_rank_p_values(scaled, strata), signed_rank_p_values(x, strata))
    assert not np.allclose(signed_rank_p_values(scaled), signed_rank_p_values(x))


def test_two_strata_by_hand():
    """Ranks 1 2 3 in each stratum: +1 +2 +3 and -1 +2 +3, a sum of 11 of 12; 1 of 64 signs gives 12 and 2 give 11."""
    x = np.array([[1.0, 2.0, 3.0, -10.0, 20.0, 30.0]])
    assert signed_rank_p_values(x, np.repeat([0, 1], 3))[0] == 2 * (1 + 2) / 64
    assert rank_sum_signs(x, np.repeat([0, 1], 3)).tolist() == [1]


def test_missing_and_infinite_differences_keep_to_their_stratum():
    x = np.array([[1.0, math.inf, -2.0, math.nan, 5.0, 6.0, -math.inf]])
    strata = np.array([0, 0, 0, 1, 1, 1, 1])
    finite = np.array([1.0, 99.0, -2.0, 5.0, 6.0, -99.0])
    assert signed_rank_p_values(x, strata)[0] == strata_by_enumeration(finite, strata[[0, 1, 2, 4, 5, 6]])


def test_at_most_one_in_twenty_equal_optimizers_is_rejected_on_three_splits():
    x = drawn(12, "normal") - drawn(12, "lognormal")[::-1]
    strata = np.repeat([0, 1, 2], 4)
    shifted = signed_rank_p_values(x[:4000], strata)
    assert np.mean(shifted <= ALPHA) < 0.06
