"""``python -m optbench.report NAME ...``: build a report again, or that of several studies, from results alone."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from optbench.errors import OptbenchError


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process unless others are given."""
    arguments = parser().parse_args(words)
    if arguments.compare and len(arguments.names) != 2:
        parser().error(f"--compare needs two studies: before and after. Received: {len(arguments.names)}.")
    from optbench.report.before_after import build_comparison
    from optbench.report.page import PageOptions, build  # argparse answers --help and mistakes at once

    options = PageOptions(arguments.baseline, arguments.format, arguments.figures == "pdf")
    try:
        if arguments.compare:
            page = build_comparison(arguments.results_dir, arguments.reports_dir, *arguments.names)
        else:
            page = build(arguments.results_dir, arguments.reports_dir, arguments.names, arguments.name, options)
    except OptbenchError as error:
        print(f"optbench.report: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"report: {page}")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    described = "Build a study's report again, or that of several studies as one, from their results alone."
    found = argparse.ArgumentParser(prog="python -m optbench.report", description=described)
    found.add_argument("names", nargs="+", metavar="name", help="a study's name; several are joined")
    found.add_argument("--name", help="of the report; default: the names of its studies")
    found.add_argument("--compare", action="store_true", help="two studies, before and after a change, paired by seed")
    found.add_argument("--baseline", help="an optimizer or a setting's label; default: the study's")
    found.add_argument("--format", type=formats, help="some of html,md,csv,tex; default: the study's")
    found.add_argument("--figures", choices=["pdf"], help="write the figures for LaTeX too")
    found.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    found.add_argument("--reports-dir", type=Path, default=Path("reports"), help="default: reports")
    return found


def formats(text: str) -> list[str]:
    """A list of formats."""
    names = text.strip("[]").split(",")
    if not set(names) <= {"html", "md", "csv", "tex"}:
        raise argparse.ArgumentTypeError(f"must be some of html,md,csv,tex. Received: {text}")
    return names
