"""The reports of gates: complete, and escaped."""

import json

import pytest
from rich.console import Console

from optbench.lab.gates.findings import HELD, REGRESSED, UNCLEAR, GateFinding, Outcome, exit_code
from optbench.lab.gates.report import GateReport, as_json, as_markdown, show, write

EVIL = "<script>alert(1)</script> | `a` [x](y)\n# b"
GOOD = GateFinding("adam", "iris", "exact", Outcome.HELD, "fine", {"off": 0.0})
BAD = GateFinding("sgd", "iris", "exact", Outcome.WORSE, "step 3 off", {"off": float("inf")})
DIM = GateFinding("lion", "iris", "quality", Outcome.UNCLEAR, "too few", {})


def report(*findings, title="a title"):
    return GateReport(title, findings, ["a note"], 'python -m optbench.regression learn --accept "why"')


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([GOOD], HELD),
        ([GOOD, BAD, DIM], REGRESSED),
        ([GOOD, DIM], UNCLEAR),
        ([], UNCLEAR),
        ([GOOD._replace(outcome=Outcome.NEW)], UNCLEAR),
        ([GOOD, GOOD._replace(outcome=Outcome.NEW)], HELD),
        ([GOOD._replace(outcome=Outcome.BETTER)], HELD),
        ([GOOD, GOOD._replace(outcome=Outcome.LEFT_OUT)], HELD),
    ],
)
def test_the_exit_code_follows_from_the_findings(findings, code):
    assert exit_code(findings) == code


def test_a_failure_names_rule_problem_and_what_accepts_it(capsys):
    show(report(GOOD, BAD), Console(width=60, highlight=False))
    output = capsys.readouterr().out
    assert "worse: sgd on iris, exact: step 3 off" in output
    assert 'If this is intended: python -m optbench.regression learn --accept "why"' in output


def test_names_and_texts_are_escaped_in_markdown_and_in_the_terminal(capsys):
    evil = report(GOOD._replace(subject=EVIL, text=EVIL), BAD._replace(subject=EVIL), title=EVIL)
    text = as_markdown(evil)
    assert "<script" not in text
    assert "| `" not in text
    assert all(line.replace("\\|", "").count("|") in (0, 3) for line in text.splitlines())
    assert not any(line.startswith("# ") for line in text.splitlines())
    show(report(GOOD._replace(subject="[bold]x[/]")), Console(width=80))
    assert "[bold]x[/]" in capsys.readouterr().out


def test_json_has_the_keys_that_programs_rely_on_and_no_number_that_is_not_finite():
    content = json.loads(as_json(report(GOOD, BAD)))
    assert content["exit_code"] == REGRESSED
    assert content["findings"][1] == {
        "subject": "sgd", "where": "iris", "stage": "exact", "found": "worse", "said": "step 3 off",
        "numbers": {"off": None},
    }  # fmt: skip


def test_markdown_is_added_to_what_others_wrote(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    write(report(GOOD), [path], tmp_path / "found.json")
    assert path.read_text().startswith("before\n### a title")
