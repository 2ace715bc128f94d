"""Repeated searches: expectations against all draws, and the bootstrap against all of its samples."""

import itertools

import numpy as np
import pytest

from optbench.analysis.repeated_search import (
    TrialSearch,
    draw_trials,
    expected_best_intervals,
    expected_bests,
    quantiles,
    repeat_procedure,
    shares_best,
)
from optbench.random.streams import stream

DRAWS = 20_000


def trials(*scores):
    return [np.array([score], float) for score in scores]


def test_the_expected_best_is_the_mean_over_all_draws():
    scores = np.array([0.3, 0.9, 0.5, 0.5, 0.1, 0.7])
    expected = [np.mean([min(draw) for draw in itertools.combinations(scores, k)]) for k in range(1, 7)]
    np.testing.assert_allclose(expected_bests(scores), expected)
    np.testing.assert_allclose(expected_bests(np.stack([scores, scores[::-1] + 1])), [expected, np.add(expected, 1)])


def test_the_expectation_is_infinite_if_a_draw_can_consist_of_diverged_trials():
    assert np.isinf(expected_bests(np.array([0.5, np.inf, np.inf]))).tolist() == [True, True, False]


def test_a_thousand_trials_and_more_do_not_overflow():
    expected = expected_bests(np.linspace(0.0, 1.0, 1200))
    assert expected[0] == pytest.approx(0.5)
    assert expected[2] == pytest.approx(0.25, abs=1e-3)  # of three uniform numbers
    assert expected[-1] == 0.0


def test_the_interval_of_the_expectation_is_that_of_all_samples_of_trials():
    scores = np.array([1.0, 2.0, 4.0, 8.0])
    every = np.array([expected_bests(np.array(sample)) for sample in itertools.product(scores, repeat=4)])
    low, high = np.quantile(every, [0.025, 0.975], axis=0)
    table = expected_best_intervals([TrialSearch(trials(*scores), np.zeros(1))], stream("four"), draws=DRAWS)
    assert table["trials"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(table["expected"], expected_bests(scores))
    np.testing.assert_allclose(table["low"], low, rtol=0.06)
    np.testing.assert_allclose(table["high"], high, rtol=0.06)
    assert table["low"].iloc[-1] == 1.0 < table["high"].iloc[-1]  # the best trial is not always drawn


def test_the_best_of_two_trials_is_missed_in_a_quarter_of_repeats():
    results = repeat_procedure([TrialSearch(trials(1.0, 1.5), np.array([0.7]))], stream("two"), DRAWS)
    values, counts = np.unique(results, return_counts=True)
    np.testing.assert_allclose(values, [0.7, 1.2])
    np.testing.assert_allclose(counts / DRAWS, [0.75, 0.25], atol=0.015)


def test_the_seeds_of_trials_are_drawn():
    """Trials a: 0, 10 and b: 4, 4. All 4 draws of trials and 4 draws of the seeds of each, enumerated."""
    given = [np.array([0.0, 10.0]), np.array([4.0, 4.0])]
    chosen = []
    for drawn in itertools.product((0, 1), repeat=2):
        for seeds in itertools.product(itertools.product((0, 1), repeat=2), repeat=2):
            scores = [np.median(given[trial][list(of_trial)]) for trial, of_trial in zip(drawn, seeds, strict=True)]
            chosen.append(drawn[int(np.argmin(scores))])
    results = repeat_procedure([TrialSearch(given, np.array([0.0]))], stream("seeds"), DRAWS)
    assert np.mean(results == 1.0) == pytest.approx(np.mean(np.array(chosen) == 0), abs=0.015)  # a is worse by 5 - 4
    assert set(results) == {0.0, 1.0}


def test_runs_of_the_chosen_setting_are_drawn():
    finals = np.array([1.0, 2.0, 4.0])
    every = np.array([np.median(sample) for sample in itertools.product(finals, repeat=3)])
    results = repeat_procedure([TrialSearch(trials(1.0, 1.0), finals)], stream("finals"), DRAWS)
    for value in finals:
        assert np.mean(results == value) == pytest.approx(np.mean(every == value), abs=0.015)


def test_a_search_that_finds_only_diverged_trials_has_an_infinite_result():
    results = repeat_procedure([TrialSearch(trials(1.0, np.inf), np.array([0.5]))], stream("lost"), DRAWS)
    assert np.isinf(results).mean() == pytest.approx(0.25, abs=0.015)
    assert quantiles(results)[0] == 0.5
    assert quantiles(results)[1] == np.inf
    all_lost = repeat_procedure([TrialSearch(trials(np.inf, np.inf), np.array([np.inf]))], stream("lost"), 10)
    assert np.isinf(all_lost).all()


def test_trials_with_different_numbers_of_runs_keep_their_scores():
    scores, drawn = draw_trials([np.array([1.0, 3.0]), np.array([5.0])], stream("uneven"), 50)
    np.testing.assert_array_equal(scores, np.array([2.0, 5.0])[drawn])


def test_splits_are_averaged_and_their_runs_are_together():
    one, other = (
        TrialSearch(trials(1.0, 1.0), np.array([0.0, 0.0])),
        TrialSearch(trials(3.0, 3.0, 3.0), np.array([2.0, 2.0])),
    )
    table = expected_best_intervals([one, other], stream("splits"))
    assert table.to_numpy().tolist() == [[1, 2.0, 2.0, 2.0], [2, 2.0, 2.0, 2.0]]
    assert set(repeat_procedure([one, other], stream("splits"), 20)) == {1.0}


def test_shares_count_repeats_and_equal_results_share_one():
    found = shares_best({"a": np.array([1.0, 2.0, 3.0, 3.0]), "b": np.array([2.0, 1.0, 3.0, np.inf])})
    assert found == {"a": 0.625, "b": 0.375}
    assert shares_best({"a": np.array([np.inf]), "b": np.array([np.inf])}) == {"a": 0.5, "b": 0.5}
