"""Random streams have the names that they had before parameters were grouped: curves stay the same, bit for bit."""

import pytest

from optbench.study.tuning import SearchInterval, random_points, sobol_points
from optbench.training.batches import Batches
from optbench.training.loop import initial_weights_name, keys_of
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

FLAT = {"dataset": {"limit": 60, "features": [0, 1]}, "model": {"bias": 0.5}}
NESTED = {
    "dataset": {"subset": {"limit": 60}, "features": [0, 1]},
    "model": {"weights": {"initializer": "truncated_normal", "bias": 0.5}},
}
SPACE = [SearchInterval(0, 1, False)]


@pytest.fixture(params=[FLAT, NESTED], ids=["flat", "nested"])
def problem(request):
    return make_problem("iris", "softmax", nodes=request.param, batch_size=8)


@pytest.fixture
def run(problem):
    return runs_of(problem, make_setting(), seeds=[1])[0]


def test_the_name_of_the_initial_weights(run):
    dataset = {
        "_target_": "optbench.datasets.iris.iris", "valid_fraction": 0.2, "test_fraction": 0.2, "split_seed": 0,
        "standardize": True, "limit": 60, "train_fraction": None, "features": [0, 1],
    }  # fmt: skip
    model = {
        "_target_": "optbench.models.softmax.softmax", "output_activation": "linear", "outputs": None,
        "initializer": "truncated_normal", "stddev": 0.1, "bias": 0.5,
    }  # fmt: skip
    assert initial_weights_name(run) == str([dataset, model, 1])


def test_the_keys_inside_a_program(run):
    assert [key.tolist() for key in keys_of(run)] == [
        [2585912903, 2874551028],
        [2091228056, 2670007572],
        [3825196752, 95809426],
    ]


def test_the_batches(problem):
    assert Batches(problem, 1, 60, 8).take(1)[0].tolist() == [43, 46, 42, 25, 4, 16, 24, 0]


def test_the_points_of_tuning(problem):
    assert random_points(SPACE, 2, problem) == [(0.3630091315943156,), (0.8709466442792689,)]
    assert sobol_points(SPACE, 2, problem) == [(0.14812037907540798,), (0.9426525849848986,)]
