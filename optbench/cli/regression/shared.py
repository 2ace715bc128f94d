"""Steps that both gates share: select the rules, write reports, determine the exit code."""

import argparse
import os
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from optbench.errors import ConfigError
from optbench.lab.gates import report as reports
from optbench.lab.gates.findings import exit_code
from optbench.lab.gates.report import GateReport
from optbench.lab.rules import select_rules

SUMMARY = "GITHUB_STEP_SUMMARY"


def requested_rules(arguments: argparse.Namespace, parts: Sequence[str] = ()) -> list[str]:
    """The rules to examine: those of ``--only`` and ``--rule``, or all of ``conf/optimizer`` and all ``parts``.

    Raises:
        ConfigError: there is no such rule.
    """
    named = select_rules(arguments.only, parts) if arguments.only or not arguments.rule else []
    return [*named, *dict.fromkeys(arguments.rule)]


def finish(report: GateReport, arguments: argparse.Namespace, console: Console) -> int:
    """Show and write a report. Returns the exit code."""
    reports.show(report, console)
    summary = os.environ.get(SUMMARY)
    files = [path for path in (arguments.markdown, Path(summary) if summary else None) if path is not None]
    try:
        reports.write(report, files, arguments.json)
    except OSError as error:
        raise ConfigError(f"{error.filename} cannot be written: {error.strerror}. Name another file.") from None
    return exit_code(report.findings)


def accept_command(gate: str, arguments: argparse.Namespace) -> str:
    """The command that would accept the current state."""
    parts = ["--baseline", str(arguments.baseline), *(["--only", ",".join(arguments.only)] if arguments.only else [])]
    for rule in arguments.rule:
        parts += ["--rule", rule]
    return f'python -m optbench.regression {gate} {shlex.join(parts)} --accept "why it is right"'


def today() -> str:
    """The date in UTC, ISO 8601."""
    return datetime.now(UTC).date().isoformat()
