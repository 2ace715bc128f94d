"""Findings: limitations of a study's conclusions, and how those of several problems are merged."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from optbench.analysis.formatting import join_names

MOST_NAMES = 10  # one sentence


class Finding(NamedTuple):
    """A limitation of the study or of some of its problems."""

    level: Literal["warning", "note"]
    where: str  # labels of problems, or empty for the whole study
    sentence: str
    remedy: str = (
        ""  # what to do about it: one of the next steps of the answer; empty if that names it, or nothing helps
    )


def merge_findings(findings: list[Finding]) -> list[Finding]:
    """Merge findings that differ only in the problem."""
    problems: dict[tuple[Any, str, str], list[str]] = {}
    for level, where, sentence, remedy in findings:
        problems.setdefault((level, sentence, remedy), []).append(where)
    return [Finding(level, ", ".join(dict.fromkeys(where)), *texts) for (level, *texts), where in problems.items()]


def merge_remedies(findings: Sequence[Finding]) -> list[Finding]:
    """Return one finding per remedy, with all problems that it concerns."""
    problems: dict[str, list[str]] = {}
    for finding in findings:
        problems.setdefault(finding.remedy, []).extend(filter(None, finding.where.split(", ")))
    return [Finding("note", ", ".join(dict.fromkeys(w)), "", remedy) for remedy, w in problems.items() if remedy]


def join_all(names: Iterable[str]) -> str:
    """Join names without leaving any out, because a warning must list all it concerns."""
    return join_names(names, most=None)


def name_or_count(names: Iterable[str], what: str, where: str) -> str:
    """Join names; if there are more than ten, state their number and where to see them."""
    known = list(dict.fromkeys(names))
    return join_all(known) if len(known) <= MOST_NAMES else f"{len(known)} {what} ({where})"
