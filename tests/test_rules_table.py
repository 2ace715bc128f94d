"""The table of rules is what its command prints: from docstrings, declarations and committed files."""

import json

from optbench.lab.rules import known_rules
from tests import rules_table


def test_the_page_has_the_table_as_its_command_prints_it():
    assert rules_table.table() in rules_table.PAGE.read_text(encoding="utf8")


def test_the_table_has_a_row_for_every_rule():
    assert sorted(rules_table.rows()) == known_rules()


def test_the_table_has_the_year_of_each_rule_of_its_docstring():
    years = {rule: cells[COLUMN["year"]] for rule, cells in rules_table.rows().items()}
    assert all(1950 < int(year) < 2030 for year in years.values())
    assert {rule: years[rule] for rule in ("sgd", "momentum", "sgdm", "rmsprop", "adam", "muon")} == {
        "sgd": "1951", "momentum": "1964", "sgdm": "1964", "rmsprop": "2012", "adam": "2015", "muon": "2024",
    }  # fmt: skip


def test_the_steps_are_those_of_the_committed_showdown_which_may_be_older_than_a_rule():
    taken = json.loads(rules_table.STEPS.read_text(encoding="utf8"))
    assert {"sgd", "adam"} <= set(taken["ratio_to_sgd"]) <= set(known_rules())
    steps = {rule: cells[COLUMN["step"]] for rule, cells in rules_table.rows().items()}
    assert {rule: step for rule, step in steps.items() if step != "–"} == taken["ratio_to_sgd"]
    page = (rules_table.STEPS.parent / "index.html").read_text(encoding="utf8")
    assert taken["problem"] in page
    assert f"Study <b>{taken['study']}</b>" in page


COLUMN = {name: place for place, name in enumerate(rules_table.COLUMNS[1:])}
