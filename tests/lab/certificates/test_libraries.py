"""Every rule compared with every library that has it: no difference without a reason, no reason without one."""

import os
from pathlib import Path

import pytest

from optbench.lab.certificates.group_settings import SETTINGS
from optbench.lab.certificates.measure import cross_check
from optbench.lab.certificates.verdict import unexplained_differences
from optbench.lab.rules import about_rule, known_rules
from optbench.spec.about import LIBRARIES

PYTHON = os.environ.get("OPTBENCH_ORACLES", "")


@pytest.fixture(scope="module")
def result():
    """All comparisons, over 200 steps."""
    if not Path(PYTHON).is_file():
        pytest.fail("OPTBENCH_ORACLES must name a Python with the libraries to compare with: make test-heavy does it.")
    return cross_check(known_rules(), 200, PYTHON, "tests.optimizers.rules", SETTINGS)


@pytest.mark.heavy
def test_all_libraries_are_installed(result):
    assert set(result.versions) == set(LIBRARIES)


@pytest.mark.heavy
def test_every_difference_is_explained_and_every_rule_equals_its_oracle(result):
    assert unexplained_differences(result) == []


@pytest.mark.heavy
def test_every_rule_has_an_oracle_and_every_reference_is_compared(result):
    assert set(result.oracles) == set(known_rules())
    declared = [(rule, reference.library) for rule in known_rules() for reference in about_rule(rule).references]
    assert [(c.rule, c.library) for c in result.comparisons] == declared
    in_groups = [(setting, library) for setting in SETTINGS for library in setting.parts]
    assert [(c.setting, c.library) for c in result.groups] == in_groups
