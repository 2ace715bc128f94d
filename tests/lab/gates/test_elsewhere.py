"""Changes planted in several rules, beside the committed baseline as on another machine: the right exit codes."""

from dataclasses import replace

import pytest

from optbench.config.build import check
from optbench.config.parameters import TARGET
from optbench.lab.gates import learning_baseline
from optbench.lab.gates.comparison import make_report
from optbench.lab.gates.findings import REGRESSED, Outcome, exit_code
from optbench.lab.gates.learning import LearningResult
from optbench.lab.gates.problems import fixed_study
from optbench.lab.gates.trajectory_numbers import trajectory_numbers
from tests.conftest import ROOT
from tests.lab.gates.planted_elsewhere import CHANGES, HARMLESS


@pytest.fixture(scope="module")
def of_another_machine():
    """The committed baseline, as if another machine had made it."""
    baseline = learning_baseline.read(ROOT / "tests" / "baselines" / "learning.parquet")
    environments = {rule: {**about, "machine": "another, 64 cores"} for rule, about in baseline.environments.items()}
    return replace(baseline, environments=environments)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_judged_rightly_on_another_machine(change, of_another_machine):
    node = check({TARGET: f"{change.__module__}.{change.__name__}"}, "optimizer")
    numbers = trajectory_numbers(CHANGES[change], node)
    report = make_report(of_another_machine, LearningResult(numbers, {}), fixed_study(), "accept")
    outcomes = {finding.outcome for finding in report.findings if finding.stage == "exact"}
    if change in HARMLESS:
        assert outcomes == {Outcome.HELD}
    else:
        assert Outcome.WORSE in outcomes
        assert exit_code(report.findings) == REGRESSED
