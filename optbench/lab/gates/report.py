"""The findings of a gate as a terminal table, as Markdown for a pull request, and as JSON for programs."""

import html
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from optbench.lab.gates.findings import GateFinding, Outcome, exit_code
from optbench.runtime.files import write_text

ANSWERS = (
    "No regression.",
    "Regressed.",
    "Unclear: too much noise, too few seeds or pairs, or nothing to compare with.",
)
CHANGES = (Outcome.WORSE, Outcome.UNCLEAR, Outcome.BETTER)  # outcomes with a separate line
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~-])")  # characters with a special meaning in Markdown


class GateReport(NamedTuple):
    """The report of a gate."""

    title: str
    findings: Sequence[GateFinding]
    notes: Sequence[str]  # sentences
    accept: str  # the command that would accept the current state

    @property
    def answer(self) -> str:
        """The answer in a sentence."""
        return ANSWERS[exit_code(self.findings)]


def show(report: GateReport, console: Console) -> None:
    """Print one row per subject, followed by the changes and what to do about them."""
    stages, rows = format_cells(report.findings)
    table = Table(title=escape(report.title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("", *stages):
        table.add_column(column, overflow="fold")
    for subject, of_stage in rows.items():
        table.add_row(escape(subject), *(escape(of_stage.get(stage, "")) for stage in stages))
    console.print(table)
    for line in (*describe_changes(report.findings), *report.notes, report.answer):
        console.print(escape(line), soft_wrap=True)  # so that commands can be copied
    if is_worse(report.findings):
        console.print(f"If this is intended: {escape(report.accept)}", soft_wrap=True)


def as_markdown(report: GateReport) -> str:
    """The report in Markdown, with names and texts escaped."""
    stages, rows = format_cells(report.findings)
    lines = [f"### {escape_markdown(report.title)}", "", f"**{report.answer}**", ""]
    lines += [format_row(["", *stages]), format_row(["---"] * (len(stages) + 1))]
    lines += [
        format_row([escape_markdown(subject), *(escape_markdown(of_stage.get(stage, "")) for stage in stages)])
        for subject, of_stage in rows.items()
    ]
    lines += ["", *(f"- {escape_markdown(line)}" for line in (*describe_changes(report.findings), *report.notes))]
    if is_worse(report.findings):
        lines += ["", "If this is intended:", "", f"<pre>{html.escape(report.accept)}</pre>"]
    return "\n".join(lines) + "\n"


def as_json(report: GateReport) -> str:
    """The report in JSON. Non-finite numbers are null."""
    content = {
        "title": report.title,
        "exit_code": exit_code(report.findings),
        "answer": report.answer,
        "notes": list(report.notes),
        "findings": [finding_as_json(finding) for finding in report.findings],
    }
    return json.dumps(content, indent=1, allow_nan=False)


def finding_as_json(finding: GateFinding) -> dict[str, Any]:
    """The keys of one finding, which programs rely on."""
    return {
        "subject": finding.subject,
        "where": finding.problem,
        "stage": finding.stage,
        "found": finding.outcome.value,
        "said": finding.text,
        "numbers": replace_non_finite(finding.numbers),
    }


def write(report: GateReport, markdown_files: Sequence[Path], json_file: Path | None) -> None:
    """Append Markdown to each of its files, which may have other content, and overwrite the JSON file."""
    for path in markdown_files:
        before = path.read_text(encoding="utf8") if path.exists() else ""
        write_text(path, before + as_markdown(report) + "\n")
    if json_file is not None:
        write_text(json_file, as_json(report) + "\n")


def format_cells(findings: Sequence[GateFinding]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The stages, and for each subject one cell per stage."""
    stages = list(dict.fromkeys(finding.stage for finding in findings))
    grouped: dict[str, dict[str, list[GateFinding]]] = {}
    for finding in findings:
        grouped.setdefault(finding.subject, {}).setdefault(finding.stage, []).append(finding)
    return stages, {
        subject: {stage: format_cell(members) for stage, members in of_stage.items()}
        for subject, of_stage in grouped.items()
    }


def format_cell(findings: Sequence[GateFinding]) -> str:
    """The findings on one subject at one stage: the text of a single one, or counts of several."""
    if len(findings) == 1:
        return f"{findings[0].outcome.value}: {findings[0].text}"
    counts = Counter(finding.outcome for finding in findings)
    return ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])


def describe_changes(findings: Sequence[GateFinding]) -> list[str]:
    """One line for each finding that is worse, unclear or better, in this order."""
    return [
        f"{finding.outcome.value}: {finding.subject}{f' on {finding.problem}' * bool(finding.problem)}, "
        f"{finding.stage}: {finding.text}"
        for outcome in CHANGES
        for finding in findings
        if finding.outcome is outcome
    ]


def is_worse(findings: Sequence[GateFinding]) -> bool:
    """Whether any finding is worse."""
    return any(finding.outcome is Outcome.WORSE for finding in findings)


def format_row(texts: Sequence[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(texts)} |"


def escape_markdown(text: str) -> str:
    """Escape the characters that have a special meaning in Markdown or HTML."""
    return SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def replace_non_finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Replace numbers that JSON cannot represent by None."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}
