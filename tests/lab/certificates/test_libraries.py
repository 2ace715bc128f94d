"""Every rule beside every library that has it: no difference without a reason, no reason without a difference."""

import os
from pathlib import Path

import pytest

from optbench.lab.certificates.cases import LIBRARIES
from optbench.lab.certificates.measure import measure
from optbench.lab.certificates.verdict import mistakes
from optbench.lab.rules import known_rules

PYTHON = os.environ.get("OPTBENCH_ORACLES", "")


@pytest.fixture(scope="module")
def measured():
    """Everything that there is to measure, 200 steps."""
    if not Path(PYTHON).is_file():
        pytest.fail("OPTBENCH_ORACLES must name a Python with the libraries to compare with: make test-heavy does it.")
    return measure(known_rules(), 200, PYTHON)


@pytest.mark.heavy
def test_all_libraries_are_there(measured):
    assert set(measured.versions) == set(LIBRARIES)


@pytest.mark.heavy
def test_every_difference_is_explained_and_every_rule_is_its_oracles(measured):
    assert mistakes(measured) == []


@pytest.mark.heavy
def test_every_rule_is_beside_its_oracle_and_every_reference_is_measured(measured):
    assert set(measured.oracles) == set(known_rules())
    written = {(rule, library) for library, references in LIBRARIES.items() for rule in references}
    assert {(found.rule, found.library) for found in measured.found} == written
