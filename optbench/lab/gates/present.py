"""A gate's findings for people: a table in the terminal, Markdown for a pull request, JSON for programs."""

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

from optbench.lab.gates.findings import Finding, Found, exit_code
from optbench.runtime.files import write_text

ANSWERS = (
    "No regression.",
    "Regressed.",
    "Could not tell: too noisy, too few, or nothing to compare with.",
)
REMARKABLE = (Found.WORSE, Found.UNCLEAR, Found.BETTER)
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~-])")  # what Markdown takes for more than a character


class Report(NamedTuple):
    """What a gate has to say."""

    title: str
    findings: Sequence[Finding]
    notes: Sequence[str]  # sentences
    accept: str  # the command that accepts what is there now

    @property
    def answer(self) -> str:
        """The answer in a sentence."""
        return ANSWERS[exit_code(self.findings)]


def show(report: Report, console: Console) -> None:
    """Print a row a subject, then what is remarkable, then what to do about it."""
    stages, rows = cells(report.findings)
    table = Table(title=escape(report.title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("", *stages):
        table.add_column(column, overflow="fold")
    for subject, of_stage in rows.items():
        table.add_row(escape(subject), *(escape(of_stage.get(stage, "")) for stage in stages))
    console.print(table)
    for line in (*remarks(report.findings), *report.notes, report.answer):
        console.print(escape(line), soft_wrap=True)  # commands are copied
    if Found.WORSE in {finding.found for finding in report.findings}:
        console.print(f"If this is meant: {escape(report.accept)}", soft_wrap=True)


def markdown(report: Report) -> str:
    """The same for a pull request; whatever was given is escaped."""
    stages, rows = cells(report.findings)
    lines = [f"### {escaped(report.title)}", "", f"**{report.answer}**", ""]
    lines += [row(["", *stages]), row(["---"] * (len(stages) + 1))]
    lines += [
        row([escaped(subject), *(escaped(of_stage.get(stage, "")) for stage in stages)])
        for subject, of_stage in rows.items()
    ]
    lines += ["", *(f"- {escaped(line)}" for line in (*remarks(report.findings), *report.notes))]
    if Found.WORSE in {finding.found for finding in report.findings}:
        lines += ["", "If this is meant:", "", f"<pre>{html.escape(report.accept)}</pre>"]
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """The same for programs; numbers that are not finite are null."""
    findings = [
        {**finding._asdict(), "found": finding.found.value, "numbers": finite(finding.numbers)}
        for finding in report.findings
    ]
    told: dict[str, Any] = {"title": report.title, "exit_code": exit_code(report.findings), "answer": report.answer}
    return json.dumps({**told, "notes": list(report.notes), "findings": findings}, indent=1, allow_nan=False)


def write(report: Report, markdown_files: Sequence[Path], json_file: Path | None) -> None:
    """Write Markdown at the end of each of its files, where others may have written before, and JSON in place of it."""
    for path in markdown_files:
        before = path.read_text(encoding="utf8") if path.exists() else ""
        write_text(path, before + markdown(report) + "\n")
    if json_file is not None:
        write_text(json_file, as_json(report) + "\n")


def cells(findings: Sequence[Finding]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The stages, and for each subject a cell a stage: what was said of one finding, how many there are of several."""
    stages = list(dict.fromkeys(finding.stage for finding in findings))
    grouped: dict[str, dict[str, list[Finding]]] = {}
    for finding in findings:
        grouped.setdefault(finding.subject, {}).setdefault(finding.stage, []).append(finding)
    return stages, {
        subject: {stage: cell(members) for stage, members in of_stage.items()} for subject, of_stage in grouped.items()
    }


def cell(findings: Sequence[Finding]) -> str:
    """Verdicts on one subject at one stage."""
    if len(findings) == 1:
        return f"{findings[0].found.value}: {findings[0].said}"
    counts = Counter(finding.found for finding in findings)
    return ", ".join(f"{counts[found]} {found.value}" for found in Found if counts[found])


def remarks(findings: Sequence[Finding]) -> list[str]:
    """A line for each finding that is not as it was."""
    return [
        f"{finding.found.value}: {finding.subject}{f' on {finding.where}' * bool(finding.where)}, {finding.stage}: "
        f"{finding.said}"
        for found in REMARKABLE
        for finding in findings
        if finding.found is found
    ]


def row(texts: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(texts)} |"


def escaped(text: str) -> str:
    """Text that Markdown and HTML leave as it is."""
    return SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON has them."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}
