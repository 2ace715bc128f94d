"""What a run's id depends on, and what it does not."""

import sys

import pytest

from optbench.config.sources import Sources
from optbench.spec.run import Budget, identify
from tests.conftest import make_problem, make_setting


def ids(problem=None, setting=None, seeds=(0,)):
    return [
        run.run_id for run in identify(problem or make_problem(), setting or make_setting(), list(seeds), Sources())
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


def test_a_rules_source_is_part_of_the_id_and_its_docstrings_and_comments_are_not(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "my_rule.py"
    digests = []
    for source in (
        "def rule(x):\n    return 2 * x\n",
        '"""A rule."""\n\n# doubles\ndef rule(x):\n    """Double."""\n    return 2*x\n',
        "def rule(x):\n    return 3 * x\n",
    ):
        module.write_text(source)
        digests.append(Sources().digest("my_rule.rule"))
    sys.modules.pop("my_rule", None)
    assert digests[0] == digests[1] != digests[2]


def test_what_a_rule_imports_of_its_own_package_is_part_of_its_source(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "rule.py").write_text("from my_package import helper\nfrom .other import x\nimport json\n")
    (package / "other.py").write_text("x = 1\n")
    digests = []
    for value in (1, 2):
        (package / "helper.py").write_text(f"y = {value}\n")
        digests.append(Sources().digest("my_package.rule.make"))
    (package / "other.py").write_text("x = 3\n")
    digests.append(Sources().digest("my_package.rule.make"))
    assert len(set(digests)) == 3


def test_what_a_package_imports_of_itself_is_part_of_its_source(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "rules_in_a_package"
    package.mkdir()
    (package / "__init__.py").write_text("from .impl import rule\n")
    digests = []
    for scale in (1, 2):
        (package / "impl.py").write_text(f"SCALE = {scale}\n")
        digests.append(Sources().digest("rules_in_a_package.rule"))
    assert digests[0] != digests[1]


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
