"""The tests of independent samples against SciPy and against all permutations."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from optbench.analysis.rank_sum import can_differ, min_runs, rank_sum_test, runs_needed, welch_interval
from optbench.analysis.significance import ALPHA

GENERATOR = np.random.default_rng(8)
SIZES = [(2, 3), (5, 5), (4, 9), (10, 10), (1, 6)]


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_without_ties_it_is_scipys_exact_test(n, m):
    one, other = GENERATOR.normal(size=n), GENERATOR.normal(0.7, size=m)
    expected = stats.mannwhitneyu(one, other, method="exact")
    test = rank_sum_test(one, other)
    assert test.p_value == pytest.approx(expected.pvalue)
    assert test.share == pytest.approx(1 - expected.statistic / (n * m))


@pytest.mark.parametrize(("n", "m"), [(3, 4), (4, 4), (2, 5)])
def test_with_ties_and_diverged_runs_it_is_the_test_over_all_permutations(n, m):
    for _ in range(20):
        values = GENERATOR.choice([0.0, 1.0, 1.0, 2.0, math.inf], n + m)
        ranks = stats.rankdata(values)
        observed = ranks[:n].sum()
        sums = np.array([ranks[list(choice)].sum() for choice in itertools.combinations(range(n + m), n)])
        expected = min(1.0, 2 * min(np.mean(sums <= observed), np.mean(sums >= observed)))
        assert rank_sum_test(values[:n], values[n:]).p_value == pytest.approx(expected)


def test_the_normal_approximation_of_large_samples_is_scipys():
    one, other = GENERATOR.normal(size=400).round(1), GENERATOR.normal(0.1, size=400).round(1)
    expected = stats.mannwhitneyu(one, other, method="asymptotic").pvalue
    assert rank_sum_test(one, other).p_value == pytest.approx(expected)


def test_equal_and_empty_samples_do_not_differ():
    assert rank_sum_test(np.ones(4), np.ones(5)).p_value == 1
    assert rank_sum_test(np.ones(0), np.ones(5)).p_value == 1
    assert rank_sum_test(np.full(4, math.inf), np.full(4, math.inf)).sign == 0


def test_a_diverged_run_is_the_worst():
    test = rank_sum_test(np.array([math.inf, 1.0]), np.array([2.0, 3.0]))
    assert (test.sign, test.share) == (0, 0.5)


def test_the_smallest_numbers_of_runs_follow_from_the_smallest_p_value():
    assert [min_runs(count) for count in (1, 3, 120)] == [4, 5, 8]
    for n, m in SIZES:
        lowest = rank_sum_test(np.arange(n), 100.0 + np.arange(m)).p_value
        assert lowest == pytest.approx(2 / math.comb(n + m, n))
        assert can_differ(n, m, 1) == (lowest <= ALPHA)


def test_false_positives_stay_below_the_level():
    samples = GENERATOR.normal(size=(2000, 2, 8))
    rejected = np.mean([rank_sum_test(*pair).p_value <= ALPHA for pair in samples])
    assert 0.03 < rejected <= 0.055


@pytest.mark.parametrize(("n", "m"), SIZES[:4])
def test_the_interval_is_scipys(n, m):
    one, other = GENERATOR.normal(size=n), GENERATOR.normal(1.0, 3.0, size=m)
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
    assert welch_interval(one, other)[1:] == pytest.approx((expected.low, expected.high))


def test_there_is_no_interval_of_single_or_diverged_runs():
    assert np.isnan(welch_interval(np.ones(1), np.ones(3))[1:]).all()
    assert np.isnan(welch_interval(np.array([1.0, math.inf]), np.ones(3))).all()
    assert welch_interval(np.ones(2), np.zeros(2)) == (1.0, 1.0, 1.0)


def test_the_number_of_runs_finds_the_difference_with_the_power_that_was_asked_for():
    shift = 1.2
    share = stats.norm.cdf(shift / math.sqrt(2))
    runs = math.ceil(runs_needed(float(share), 1, 0.8))
    found = [
        rank_sum_test(GENERATOR.normal(size=runs), GENERATOR.normal(shift, size=runs)).p_value <= ALPHA
        for _ in range(800)
    ]
    assert 0.72 < np.mean(found) < 0.9
    assert runs_needed(0.5, 1, 0.8) == math.inf
