"""Arrays that many runs share are cached while they fit."""

import numpy as np
import pytest

from optbench.problem.built import BuiltProblems
from optbench.random import cache as module
from optbench.random.cache import bytes_of, cache_arrays
from optbench.training.batches import Batches, epoch_of
from tests.conftest import make_problem


@pytest.fixture
def counted():
    """A kept function of bytes, which makes so many bytes of zeros, and what it was asked."""
    asked = []

    def zeros(size):
        asked.append(size)
        return [np.zeros(size, np.uint8)]

    return cache_arrays(zeros, key=int), asked


def test_a_value_is_made_once(counted):
    zeros, asked = counted
    assert zeros(3) is zeros(3)
    assert zeros(4)[0].shape == (4,)
    assert asked == [3, 4]


def test_the_oldest_make_room_and_what_never_fits_is_made_each_time(counted, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    asked = []

    def zeros(size):
        asked.append(size)
        return np.zeros(size, np.uint8)

    small = cache_arrays(zeros, key=int)
    for size in (4, 5, 4, 6, 5, 11, 11):
        assert small(size).nbytes == size
    assert asked == [4, 5, 6, 5, 11, 11]


def test_bytes_are_of_all_arrays():
    assert bytes_of(([np.zeros(3, np.float32)], [], [np.zeros((2, 2))])) == 3 * 4 + 4 * 8


def test_settings_of_a_seed_share_the_batches_of_an_epoch():
    of_sgd, of_adam = (Batches(make_problem(), 3, 1077, 32) for _ in range(2))
    assert epoch_of(of_sgd, 5) is epoch_of(of_adam, 5)
    assert epoch_of(of_sgd, 5) is not epoch_of(of_sgd, 6)


@pytest.mark.parametrize(
    "other",
    [
        Batches(make_problem(), 4, 103, 10),
        Batches(make_problem(), 3, 53, 10),
        Batches(make_problem(order="fixed"), 3, 103, 10),
        Batches(make_problem(batch_size=50), 3, 103, 50),
        Batches(make_problem("iris", "softmax"), 3, 103, 10),
    ],
    ids=["seed", "examples", "order", "batch size", "data set"],
)
def test_whatever_batches_depend_on_keeps_them_apart(other):
    assert not np.array_equal(epoch_of(Batches(make_problem(), 3, 103, 10), 1), epoch_of(other, 1))


def test_who_takes_batches_may_write_to_them():
    Batches(make_problem(), 7, 1077, 32).take(33)[:] = 0
    assert Batches(make_problem(), 7, 1077, 32).take(33).any()


def test_settings_of_a_seed_start_from_the_same_arrays():
    init = BuiltProblems().get(make_problem()).model.init
    assert init("seed 1") is init("seed 1")
    assert not np.array_equal(init("seed 1")[0][0], init("seed 2")[0][0])
