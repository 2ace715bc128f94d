"""The assertions of the pytest fixture: the same rule, and convergence."""

import pytest

from optbench.lab.gates.assertion import find_difference, find_failure_to_converge
from optbench.pytest_plugin import Gate
from tests.conftest import ROOT

PLANTED = "tests.lab.gates.planted"


@pytest.mark.parametrize("rule", [f"{PLANTED}.renamed", f"{PLANTED}.reordered"])
def test_a_rule_written_otherwise_is_the_same(rule):
    assert find_difference(rule, "adam") == ""


@pytest.mark.parametrize("rule", [f"{PLANTED}.two_percent_of_updates", f"{PLANTED}.eps_inside"])
def test_another_rule_is_named_with_the_first_step_that_differs(rule):
    first, *lines = find_difference(rule, "adam").splitlines()
    assert first == f"{rule} is not the same rule as adam."
    assert any(line.startswith("tiny, float64: step ") for line in lines)


def test_convergence_is_reaching_the_target_with_every_seed():
    assert find_failure_to_converge("sgdm", "quadratic") == ""
    text = find_failure_to_converge(f"{PLANTED}.still", "quadratic")
    assert text.startswith(
        f"{PLANTED}.still does not converge on quadratic: 5 of 5 seeds end short of train loss 0.001"
    )


def test_mistakes_are_one_line():
    assert find_failure_to_converge("sgd", "rosenbrok").startswith("`on=rosenbrok` does not exist. Did you mean")
    assert find_difference("sgd", "adm").startswith("`adm` does not exist.")
    assert find_failure_to_converge(f"{PLANTED}.failing", "quadratic").startswith(f"{PLANTED}.failing could not be")


def test_the_fixture_fails_with_the_text():
    gate = Gate(ROOT)
    with pytest.raises(pytest.fail.Exception, match="is not the same rule as sgd"):
        gate.assert_same_rule("signsgd", "sgd")
    with pytest.raises(pytest.fail.Exception, match="does not converge on quadratic"):
        gate.assert_converges(f"{PLANTED}.still", on="quadratic")
    gate.assert_same_rule("sgd", "sgd")
