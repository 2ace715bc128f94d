"""What a run's id depends on, and what not."""

import pytest

from optbench.config.sources import Sources
from optbench.spec.run import Budget, identify
from tests.conftest import make_problem, make_setting


def ids(problem=None, setting=None, seeds=(0,), data=""):
    return [
        run.run_id
        for run in identify(problem or make_problem(), setting or make_setting(), list(seeds), Sources(), data)
    ]


def test_the_same_configuration_has_the_same_id():
    assert ids() == ids()


def test_a_whole_number_and_a_float_are_one_learning_rate():
    assert ids(setting=make_setting(learning_rate=1)) == ids(setting=make_setting(learning_rate=1.0))


def test_other_seeds_beside_it_do_not_change_an_id():
    assert ids(seeds=[3]) == ids(seeds=[0, 1, 3])[2:]


@pytest.mark.parametrize(
    "other",
    [
        {"epochs": 3},
        {"steps": 10},
        {"batch_size": 16},
        {"order": "fixed"},
        {"precision": "float64"},
        {"points": 5},
        {"drop_last": True},
        {"loss": "mse"},
        {"dataset": "iris"},
        {"model": "softmax"},
    ],
)
def test_each_part_of_a_problem_changes_the_id(other):
    assert ids(problem=make_problem(**other)) != ids()


def test_an_inner_value_of_the_model_changes_the_id():
    assert ids(problem=make_problem(nodes={"model": {"hidden": [65]}})) != ids()


def test_the_data_change_the_ids():
    assert ids(data="one") != ids(data="two")


def test_code_without_a_digest_is_marked(monkeypatch):
    monkeypatch.setattr(Sources, "digest", lambda self, target: None if target.endswith("sgd") else "digest")
    (run,) = identify(make_problem(), make_setting("sgd"), [0], Sources(), "")
    assert not run.identified
    (run,) = identify(make_problem(), make_setting("adam"), [0], Sources(), "")
    assert run.identified


@pytest.mark.parametrize(
    ("budget", "steps_per_epoch", "expected"),
    [
        (Budget(3, None, 100), 5, [0, 5, 10, 15]),
        (Budget(0, 12, 100), 5, [0, 5, 10, 12]),
        (Budget(0, 3, 100), 5, [0, 3]),
        (Budget(10, None, 3), 1, [0, 5, 10]),
        (Budget(100, None, 2), 7, [0, 700]),
    ],
)
def test_evaluation_points(budget, steps_per_epoch, expected):
    assert budget.evaluation_steps(steps_per_epoch) == expected


def test_thinned_evaluation_points_keep_the_first_and_the_last_and_never_repeat():
    for epochs in range(1, 60):
        for points in range(2, 20):
            steps = Budget(epochs, None, points).evaluation_steps(3)
            assert steps[0] == 0
            assert steps[-1] == 3 * epochs
            assert len(steps) == len(set(steps)) == min(points, epochs + 1)
