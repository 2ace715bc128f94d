"""The section over all problems: its parts, and when it is left out."""

import pytest

from optbench.report.across_problems import across_problems
from optbench.report.loading import report_data
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.results.study_json import from_json, to_json
from tests.report.made_up_results import Made, write

FIVE = tuple(f"set{i}_mlp" for i in range(5))
TARGETS = {"targets": {problem: {"metric": "loss", "split": "valid", "value": 0.5} for problem in FIVE}}


def section(folder, **values):
    write(folder, Made("across", seeds=6, **values))
    return across_problems(report_data(load_result(Store(folder), study_of(folder))))


def study_of(folder):
    return from_json(to_json(Store(folder).read_study("across")) | TARGETS)


def drawings(found):
    return {d.name: d for part in found.parts for d in part.body.drawings}


def test_with_five_problems_and_three_rules_there_are_ranks_a_test_and_a_profile(tmp_path):
    found = section(tmp_path, problems=FIVE)
    shown = drawings(found)
    assert set(shown) == {"across-ranks", "across-critical-difference", "across-profile"}
    assert all(drawing.draw().marks for drawing in shown.values())
    assert "Friedman's test over 5 problems" in found.parts[0].body.note
    assert [row.header for row in found.parts[0].body.tables[0].rows]


def test_with_two_problems_there_is_no_test_and_the_note_states_it(tmp_path):
    found = section(tmp_path, problems=FIVE[:2])
    assert "across-critical-difference" not in drawings(found)
    assert "at least 3 optimizers and 5 problems" in found.parts[0].body.note


@pytest.mark.parametrize("values", [{"problems": FIVE[:1]}, {"problems": FIVE[:2], "optimizers": ("sgd",)}])
def test_with_one_problem_or_one_rule_there_is_nothing_to_rank(tmp_path, values):
    assert section(tmp_path, **values) is None
