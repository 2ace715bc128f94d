"""What both gates do around their work: which rules, which files, the exit code."""

import argparse
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from optbench.errors import ConfigError
from optbench.lab.gates import present
from optbench.lab.gates.findings import exit_code
from optbench.lab.gates.present import Report
from optbench.lab.rules import chosen_rules

SUMMARY = "GITHUB_STEP_SUMMARY"


def asked_rules(asked: argparse.Namespace) -> list[str]:
    """The rules to be examined: a person's own, those named with ``--only``, or all of ``conf/optimizer``.

    Raises:
        ConfigError: there is no such rule.
    """
    named = chosen_rules(asked.only) if asked.only or not asked.rule else []
    return [*named, *dict.fromkeys(asked.rule)]


def finish(report: Report, asked: argparse.Namespace, console: Console) -> int:
    """Show and write a report; the exit code."""
    present.show(report, console)
    summary = os.environ.get(SUMMARY)
    files = [path for path in (asked.markdown, Path(summary) if summary else None) if path is not None]
    try:
        present.write(report, files, asked.json)
    except OSError as error:
        raise ConfigError(f"{error.filename} cannot be written: {error.strerror}. Name another file.") from None
    return exit_code(report.findings)


def accept_command(gate: str, asked: argparse.Namespace) -> str:
    """The command that would accept what is there now."""
    parts = ["--baseline", str(asked.baseline), *(["--only", ",".join(asked.only)] if asked.only else [])]
    for rule in asked.rule:
        parts += ["--rule", rule]
    return f'python -m optbench.regression {gate} {shlex.join(parts)} --accept "why it is right"'


def today() -> str:
    """The date, ISO 8601 in UTC."""
    return datetime.now(UTC).date().isoformat()
