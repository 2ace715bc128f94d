"""The winner compared with the others: seeds on which it is better, and the number of seeds that a comparison needs."""

import numpy as np
import pandas as pd
import pytest

from optbench.analysis.evidence import MOST_SEEDS, compare_winner, seeds_for_all, seeds_needed
from optbench.analysis.significance import ALPHA, min_pairs, signed_rank_p_values


def values(**runs):
    """The values of contenders by seed; infinity for a diverged run."""
    rows = [
        {"problem": "p", "contender": name, "seed": seed, "metric": "loss", "value": value, "diverged": np.isinf(value)}
        for name, of_name in runs.items()
        for seed, value in enumerate(of_name)
    ]
    return pd.DataFrame(rows)


def test_wins_are_counted_by_seed_and_contenders_are_sorted_by_median():
    base = np.arange(8) / 100
    table = values(best=base, worst=base + 2, second=base + np.array([1, 1, 1, 1, 1, 1, -1, 0]), same=base)
    rivals = compare_winner(table, "best")
    assert [(r.name, r.wins, r.pairs) for r in rivals] == [("same", 0, 8), ("second", 6, 8), ("worst", 8, 8)]
    assert [r.is_equal for r in rivals] == [True, False, False]
    assert rivals[2].is_worse
    assert rivals[2].seeds_needed == 0
    assert rivals[0].seeds_needed == 0
    assert rivals[1].seeds_needed > 8


def test_two_diverged_runs_are_equal_and_one_is_worse():
    rivals = compare_winner(values(a=[0.1, 0.2, np.inf], b=[0.1, np.inf, np.inf]), "a")
    assert [(r.wins, r.pairs, r.is_equal) for r in rivals] == [(1, 3, False)]


@pytest.mark.parametrize("comparisons", [1, 3, 6])
def test_a_clear_difference_needs_the_smallest_number_that_can_be_significant(comparisons):
    assert seeds_needed(np.array([0.1, 0.2, 0.3]), comparisons) == min_pairs(comparisons)


def test_the_number_of_seeds_shows_the_difference_four_times_out_of_five():
    rng = np.random.default_rng(0)
    needed = seeds_needed(rng.normal(0.7, 1.0, size=400)[:20], 1)
    assert 20 < needed <= MOST_SEEDS
    power = np.mean(signed_rank_p_values(rng.normal(0.5, 1.0, size=(1000, 33))) <= ALPHA)
    assert 0.7 < power < 0.85  # Noether's number for a shift of half a standard deviation is 33 or 34


def test_a_difference_of_zero_needs_more_seeds_than_are_worth_it():
    rivals = compare_winner(values(a=[1.0, 2, 3, 4], b=[2.0, 1, 4, 3]), "a")
    assert rivals[0].seeds_needed == MOST_SEEDS + 1
    assert seeds_for_all(rivals) == 0
