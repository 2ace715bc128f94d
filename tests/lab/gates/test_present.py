"""What gates print and write: nothing is left out, nothing that was given harms the page."""

import json

import pytest
from rich.console import Console

from optbench.lab.gates.findings import HELD, REGRESSED, UNCLEAR, Finding, Found, exit_code
from optbench.lab.gates.present import Report, as_json, markdown, show, write

EVIL = "<script>alert(1)</script> | `a` [x](y)\n# b"
GOOD = Finding("adam", "iris", "exact", Found.HELD, "fine", {"off": 0.0})
BAD = Finding("sgd", "iris", "exact", Found.WORSE, "step 3 off", {"off": float("inf")})
DIM = Finding("lion", "iris", "quality", Found.UNCLEAR, "too few", {})


def report(*findings, title="a title"):
    return Report(title, findings, ["a note"], 'python -m optbench.regression learn --accept "why"')


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([GOOD], HELD),
        ([GOOD, BAD, DIM], REGRESSED),
        ([GOOD, DIM], UNCLEAR),
        ([], UNCLEAR),
        ([GOOD._replace(found=Found.NEW)], UNCLEAR),
        ([GOOD, GOOD._replace(found=Found.NEW)], HELD),
        ([GOOD._replace(found=Found.BETTER)], HELD),
        ([GOOD, GOOD._replace(found=Found.LEFT_OUT)], HELD),
    ],
)
def test_the_exit_code_follows_from_the_findings(findings, code):
    assert exit_code(findings) == code


def test_a_failure_names_rule_problem_and_what_accepts_it(capsys):
    show(report(GOOD, BAD), Console(width=60, highlight=False))
    said = capsys.readouterr().out
    assert "worse: sgd on iris, exact: step 3 off" in said
    assert 'If this is meant: python -m optbench.regression learn --accept "why"' in said


def test_markdown_and_terminal_leave_what_was_given_harmless(capsys):
    evil = report(GOOD._replace(subject=EVIL, said=EVIL), BAD._replace(subject=EVIL), title=EVIL)
    text = markdown(evil)
    assert "<script" not in text
    assert "| `" not in text
    assert all(line.replace("\\|", "").count("|") in (0, 3) for line in text.splitlines())
    assert not any(line.startswith("# ") for line in text.splitlines())
    show(report(GOOD._replace(subject="[bold]x[/]")), Console(width=80))
    assert "[bold]x[/]" in capsys.readouterr().out


def test_json_has_no_numbers_that_json_does_not_have():
    told = json.loads(as_json(report(GOOD, BAD)))
    assert told["exit_code"] == REGRESSED
    assert told["findings"][1]["numbers"] == {"off": None}


def test_markdown_is_added_to_what_others_wrote(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    write(report(GOOD), [path], tmp_path / "found.json")
    assert path.read_text().startswith("before\n### a title")
