"""Which examples are in which batch."""

import numpy as np
import pytest

from optbench.training.batches import Batches
from tests.conftest import make_problem

EXAMPLES, SIZE = 103, 10


def batches(seed=0, **values):
    problem = make_problem(batch_size=SIZE, **values)
    return Batches(problem, seed, EXAMPLES, SIZE)


def test_an_epoch_holds_each_example_at_most_once_and_drops_the_short_batch():
    epoch = batches().take(10)
    assert epoch.shape == (10, SIZE)
    assert len(set(epoch.ravel())) == 100
    assert epoch.min() >= 0
    assert epoch.max() < EXAMPLES


@pytest.mark.parametrize("cuts", [[10, 10, 5], [3, 4, 18], [25], [1] * 25])
def test_the_batches_do_not_depend_on_how_they_are_taken(cuts):
    whole, parts = batches(), batches()
    np.testing.assert_array_equal(whole.take(25), np.concatenate([parts.take(n) for n in cuts]))
    assert whole.digest(25) == parts.digest(25)


def test_taking_none_gives_none():
    assert batches().take(0).shape == (0, SIZE)


def test_reshuffled_epochs_differ_and_fixed_ones_do_not():
    shuffled, fixed = batches(), batches(order="fixed")
    first, second = shuffled.take(10), shuffled.take(10)
    assert not np.array_equal(first, second)
    assert set(first.ravel()) != set(second.ravel())  # another short batch is dropped
    first = fixed.take(10)
    np.testing.assert_array_equal(first, fixed.take(10))


def test_seeds_differ_and_settings_do_not():
    assert not np.array_equal(batches(0).take(10), batches(1).take(10))
    np.testing.assert_array_equal(batches(0).take(10), batches(0, loss="mse").take(10))


def test_the_digest_counts_the_whole_budget_also_where_training_ended_early():
    early, whole = batches(), batches()
    early.take(3)
    whole.take(25)
    assert early.digest(25) == whole.digest(25)
    assert batches().digest(25) != batches().digest(24)


def test_a_full_batch_is_every_example():
    whole = Batches(make_problem(batch_size="full"), 0, EXAMPLES, EXAMPLES)
    np.testing.assert_array_equal(np.sort(whole.take(2), axis=1), np.tile(np.arange(EXAMPLES), (2, 1)))
