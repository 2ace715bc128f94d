"""README's table of rules is what its command prints: from docstrings, asserted numbers and committed files."""

import json

from optbench.lab.rules import known_rules
from tests import rules_table
from tests.optimizers.test_state import FLOATS, OF_SIDES


def test_the_readme_has_the_table_as_its_command_prints_it():
    readme = rules_table.section(rules_table.README.read_text(encoding="utf8"))
    assert rules_table.table() in readme


def test_the_table_has_a_row_for_every_rule_with_what_it_remembers():
    states = {rule: cells[COLUMN["state"]] for rule, cells in rules_table.rows().items()}
    assert states == {rule: str(floats) for rule, floats in FLOATS.items()} | {r: row[0] for r, row in OF_SIDES.items()}
    assert sorted(states) == known_rules()


def test_the_table_has_the_year_of_each_rule_of_its_docstring():
    years = {rule: cells[COLUMN["year"]] for rule, cells in rules_table.rows().items()}
    assert all(1950 < int(year) < 2030 for year in years.values())
    assert {rule: years[rule] for rule in ("sgd", "momentum", "sgdm", "rmsprop", "adam", "muon")} == {
        "sgd": "1951", "momentum": "1964", "sgdm": "1964", "rmsprop": "2012", "adam": "2015", "muon": "2024",
    }  # fmt: skip


def test_the_steps_are_those_of_the_committed_showdown():
    taken = json.loads(rules_table.STEPS.read_text(encoding="utf8"))
    assert sorted(taken["ratio_to_sgd"]) == known_rules()
    assert {rule: cells[COLUMN["step"]] for rule, cells in rules_table.rows().items()} == taken["ratio_to_sgd"]
    page = (rules_table.STEPS.parent / "index.html").read_text(encoding="utf8")
    assert taken["problem"] in page
    assert f"Study <b>{taken['study']}</b>" in page


COLUMN = {name: place for place, name in enumerate(rules_table.COLUMNS[1:])}
