"""``learn --base``: the rules of another source tree, in place of accepted numbers."""

import subprocess
import sys

import pandas as pd
import pytest

from optbench.cli.regression import learn as learn_command
from optbench.cli.regression import main as command
from optbench.lab.gates import base_tree, learning_worker
from optbench.lab.gates.findings import HELD, REGRESSED, UNCLEAR
from optbench.lab.gates.learning import train_rules
from optbench.lab.gates.spread import SourceNumbers
from optbench.lab.gates.trajectory_numbers import COLUMNS
from optbench.lab.rules import rule_node
from tests.conftest import ROOT
from tests.lab.gates.test_learn import small_study

RULES = "adam,sgd"


@pytest.fixture(scope="module")
def trained():
    """The result of the rules on a small study."""
    return train_rules({name: rule_node(name) for name in RULES.split(",")}, small_study("quadratic"), 1)


@pytest.fixture
def learn(tmp_path, monkeypatch, trained):
    """Run the gate on a small study against a base with the same numbers; the exit code."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setattr(learn_command, "fixed_study", lambda: small_study("quadratic"))
    monkeypatch.setattr(learn_command, "train_rules", lambda *_: trained)

    def call(change=lambda numbers: numbers, failed=None):
        failed = failed or {}

        def numbers_of(environment, rules, seeds, workers, tree=None):
            kept = trained.numbers[trained.numbers["rule"].isin(set(rules) - set(failed))]
            return SourceNumbers(change(kept), {name: why for name, why in failed.items() if name in rules})

        monkeypatch.setattr(base_tree, "numbers_of", numbers_of)
        return command.run(["learn", "--base", str(ROOT), "--only", RULES, "--json", str(tmp_path / "found.json")])

    return call


def test_the_same_rules_pass_and_a_changed_one_does_not(learn):
    def larger(numbers):
        return numbers.assign(value=numbers["value"].where(numbers["rule"] != "sgd", 1.001 * numbers["value"]))

    assert learn() == HELD
    assert learn(larger) == REGRESSED


def test_a_rule_that_fails_in_the_base_is_new_and_the_others_are_compared(learn, tmp_path, capsys):
    assert learn(failed={"adam": "it was never finished"}) == HELD
    assert "not compared: it fails in the base: it was never finished" in (tmp_path / "found.json").read_text()
    assert "New, not compared: adam" in " ".join(capsys.readouterr().out.split())


def test_a_base_of_which_no_rule_can_be_trained_cannot_tell(learn):
    assert learn(failed={"adam": "no", "sgd": "no"}) == UNCLEAR


def test_a_worker_answers_of_each_rule_that_it_does_not_have(tmp_path):
    missing = {"_target_": "nowhere.rules.mine"}
    found = learning_worker.answer(
        {"rules": {"mine": missing}, "seeds": 2, "xla": False, "out": tmp_path / "found.csv"}
    )
    assert "`_target_: nowhere.rules.mine` cannot be imported" in found["failed"]["mine"]
    assert list(pd.read_csv(tmp_path / "found.csv").columns) == COLUMNS


@pytest.mark.heavy
def test_each_step_of_the_action_runs_as_it_is_written():
    """On a repository with a mistake, a rewrite and another docstring; see tests/rehearsal.py."""
    done = subprocess.run([sys.executable, "-m", "tests.rehearsal"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
