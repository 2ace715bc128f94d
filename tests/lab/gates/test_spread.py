"""The spread of numbers between environments."""

import numpy as np
import pandas as pd
import pytest

from optbench.lab.gates.base_tree import baseline_of_tree
from optbench.lab.gates.spread import ENVIRONMENTS, larger_spread, measure_spread, spread_between, with_spread
from optbench.lab.gates.trajectory_numbers import COLUMNS
from optbench.lab.rules import rule_node
from tests.conftest import ROOT


def numbers(*values):
    """A number of two seeds at two steps."""
    places = [(seed, step) for seed in (0, 1) for step in (1, 2)]
    rows = [("adam", "bowl", *place, "way", value) for place, value in zip(places, values, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_a_spread_is_the_largest_relative_difference_from_the_first():
    found = spread_between([numbers(1, 2, 4, 8), numbers(1, 2.2, 4, 8), numbers(1.1, 2.1, 4, 6)])
    np.testing.assert_allclose(found["spread"], [0.1, 0.1, 0.0, 0.25])


def test_a_seed_that_was_not_measured_has_the_largest_spread_of_its_step():
    spread = spread_between([numbers(1, 2, 4, 8), numbers(1.1, 2, 4.8, 8.8)])
    more = pd.concat([numbers(1, 2, 4, 8), numbers(1, 2, 4, 8).assign(seed=7)[:2]])
    found = with_spread(more, spread)
    np.testing.assert_allclose(found["spread"], [0.1, 0.0, 0.2, 0.1, 0.2, 0.1])


def test_a_spread_from_another_machine_is_kept_if_it_is_larger():
    now, before = numbers(1, 2, 4, 8).assign(spread=[0.1, 0.1, np.nan, 0.1]), numbers(1, 2, 4, 8).assign(spread=0.05)
    np.testing.assert_allclose(larger_spread(now, before[:3])["spread"], [0.1, 0.1, 0.05, 0.1])


def test_environments_differ():
    assert len({(tuple(each.variables.items()), each.xla) for each in ENVIRONMENTS}) == len(ENVIRONMENTS) >= 5


@pytest.mark.heavy
def test_the_spread_of_adam_is_far_below_a_mistake_of_a_percent():
    spread = measure_spread({"adam": rule_node("adam")}, workers=2)
    double = spread["problem"].str.endswith("float64")
    assert 0 < spread[double]["spread"].max() < 1e-9
    assert spread[~double]["spread"].max() < 1e-3


@pytest.mark.heavy
def test_the_numbers_of_this_tree_as_a_base_are_those_of_this_process():
    from optbench.lab.gates.comparison import compare_with_baseline
    from optbench.lab.gates.findings import HELD, exit_code
    from optbench.lab.gates.learning import train_rules
    from optbench.lab.gates.problems import fixed_study

    baseline = baseline_of_tree(ROOT, ["adam", "no_such_rule"], seeds=8, workers=2)
    assert set(baseline.numbers["rule"]) == {"adam"}
    findings = compare_with_baseline(
        baseline, train_rules({"adam": rule_node("adam")}, fixed_study(), 2), fixed_study()
    )
    assert exit_code(findings) == HELD
