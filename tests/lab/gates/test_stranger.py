"""An optimizer in a repository of its own: checked, gated from its own test, swept against Adam."""

import subprocess
import sys

import pytest

import optbench
from optbench.cli.conformance import main as examine
from tests.commands import environment_of_a_user, optbench_command

RULE = """
from typing import Annotated, Any, NamedTuple

from optbench.optimizers.base import LearningRate, Optimizer, Positive, apply_equations, first_step, value_at, zeros


class Memory(NamedTuple):
    step: Any
    m: list


def mine(learning_rate: Annotated[LearningRate, Positive] = 0.05, b: float = 0.9) -> Optimizer:
    def update(grads, memory, params):
        alpha = value_at(learning_rate, memory.step)

        def equations(g, m):
            m = b * m + (1 - b) * g
            return -alpha * m, m

        updates, m = apply_equations(equations, grads, params, memory.m)
        return updates, Memory(memory.step + 1, m)

    return Optimizer(lambda params: Memory(first_step(), zeros(params)), update)


def careless(learning_rate: float = 0.05) -> Optimizer:
    return Optimizer(lambda params: [], lambda g, s, p: ([learning_rate * x for x in g], [*s, g[0]]))
"""
TEST = """
def test_my_optimizer(optbench):
    optbench.assert_no_regression("my_package.rules.mine", baseline="learning.parquet", seeds=5)
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "my_package").mkdir()
    (folder / "my_package" / "rules.py").write_text(RULE)
    (folder / "my_conf" / "optimizer").mkdir(parents=True)
    (folder / "my_conf" / "optimizer" / "mine.yaml").write_text(
        "# Mine.\n_target_: my_package.rules.mine\nlearning_rate: 0.05\nb: 0.9\n"
    )
    (folder / "test_mine.py").write_text(TEST)
    return folder


def test_the_command_reports_the_contract_with_advice(repository):
    rules = ["my_conf/optimizer/mine.yaml", "my_package.rules.careless"]
    done = optbench_command(*rules, module="optbench.conformance", cwd=repository)
    assert (done.returncode, done.stderr) == (1, "")
    mine, careless = (done.stdout.partition(rule)[2] for rule in rules)
    assert mine.split("checks pass.")[0].rstrip().endswith("10 of 10")
    assert "State grew from 0 tensors to 1 in 1 steps." in careless
    assert "Advice: Make in init every tensor that update returns" in " ".join(careless.split())
    assert "point against the gradient" in " ".join(careless.split())


def test_a_rule_that_is_not_there_is_exit_code_three(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["optbench-conformance", "my_package.rules.nothing"])
    with pytest.raises(SystemExit) as ended:
        examine()
    assert ended.value.code == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_it_is_swept_against_adam_and_the_report_names_both(repository, reports_without_figures):
    command = ["-m", "optimizer=mine,adam", "--config-dir", "my_conf", "dataset=iris", "model=softmax"]
    done = optbench_command(*command, "epochs=2", "seeds=2", "timing=false", "name=beside", cwd=repository)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(repository / "results", study="beside")
    assert set(runs["setting"]) == {"mine", "adam"}
    page = (repository / "reports" / "beside" / "index.html").read_text(encoding="utf8")
    assert "mine" in page


def outcome_of_the_tests(folder):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]  # the plugin is found as installed
    done = subprocess.run(
        command, cwd=folder, env=environment_of_a_user(), capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout


def test_the_fixture_fails_with_the_command_that_makes_a_baseline(repository):
    code, output = outcome_of_the_tests(repository)
    assert code == 1
    assert "has no results of my_package.rules.mine. Create them: python -m optbench.regression learn --rule" in output


@pytest.mark.heavy
def test_the_fixture_passes_with_its_baseline_and_fails_once_the_rule_learns_differently(repository):
    learn = ["learn", "--rule", "my_package.rules.mine", "--baseline", "learning.parquet", "--seeds", "5"]
    done = optbench_command(*learn, "--accept", "first", module="optbench.regression", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert outcome_of_the_tests(repository)[0] == 0
    changed = RULE.replace("(1 - b) * g", "g")
    (repository / "my_package" / "rules.py").write_text(changed)
    code, output = outcome_of_the_tests(repository)
    (repository / "my_package" / "rules.py").write_text(RULE)
    assert code == 1
    assert "worse: my_package.rules.mine on iris_softmax, exact: step 1" in output
