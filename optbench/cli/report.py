"""``python -m optbench.report NAME ...``: build the report of one or several studies again from their results."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.cli.argument_parser import HarmlessParser
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import ConfigError, OptbenchError
from optbench.spec.job import REPORT_FORMATS

if TYPE_CHECKING:
    from optbench.results.store import Store
    from optbench.spec.study_result import StudyResult


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default."""
    arguments = parser().parse_args(words)
    if arguments.compare and len(arguments.names) != 2:
        parser().error(f"--compare needs two studies: before and after. Received: {len(arguments.names)}.")
    from optbench.results.store import Store  # argparse handles --help and errors first

    store = Store(arguments.results_dir)
    try:
        page = build_page(arguments, store)
    except OptbenchError as error:
        print_text(f"optbench.report: {error}", sys.stderr)
        sys.exit(1)
    for file, reason in store.unreadable.items():
        print_text(f"{store.folder / file} is skipped: {reason}")
    print_text(f"report: {page}")


def build_page(arguments: argparse.Namespace, store: "Store") -> Path:
    """Write the report or the comparison that the arguments request. Returns the path of its page."""
    if arguments.compare:
        from optbench.report.before_after import build_comparison

        return build_comparison(store, arguments.reports_dir, *arguments.names)
    from optbench.report.page import PageOptions, build_report

    options = PageOptions(
        arguments.baseline, arguments.format, arguments.figures == "pdf", arguments.parts, arguments.redraw
    )
    result = load_named_results(store, arguments.names, arguments.name)
    for reason in result.left_out:
        print_text(reason)
    return build_report(result, store, arguments.reports_dir, options)


def load_named_results(store: "Store", given: Sequence[str], name: str | None) -> "StudyResult":
    """Load the studies of a report as one result. Published folders are merged where fingerprints agree."""
    from optbench.report.page import read_study
    from optbench.results.loading import load_result
    from optbench.results.published_folder import names_folder, read_published

    folders = [each for each in dict.fromkeys(given) if names_folder(each, store)]
    studies = [each for each in given if each not in folders]
    published = [read_published(Path(folder)) for folder in folders]
    if not studies:
        first, *others = published
    else:
        first, others = load_result(store, read_study(store, studies, None if folders else name)), published
    if folders and name is not None and name in store.study_names():
        raise ConfigError(f"`--name` must not be that of a study. Received: --name {name}.")
    if others:
        from optbench.report.merge import merge_results

        joined = name or " + ".join(dict.fromkeys(result.file.name for result in (first, *others)))
        return merge_results(joined, first, others)
    return replace(first, file=replace(first.file, name=name)) if name else first


def parser() -> HarmlessParser:
    """The parser of the command line."""
    described = "Build a study's report again, or that of several studies as one, from their results."
    found = HarmlessParser(prog="python -m optbench.report", description=described)
    found.add_argument(
        "names", nargs="+", metavar="name", help="a study's name, or the folder of a published one; several are joined"
    )
    found.add_argument("--name", help="of the report; default: the names of its studies")
    found.add_argument("--compare", action="store_true", help="two studies, before and after a change, paired by seed")
    found.add_argument("--baseline", help="an optimizer or a setting's label; default: the study's")
    found.add_argument("--format", type=formats, help=f"any of {','.join(REPORT_FORMATS)}; default: the study's")
    found.add_argument(
        "--parts", type=names, help="dotted paths of your own parts, or names of built-in ones; default: the study's"
    )
    found.add_argument("--figures", choices=["pdf"], help="also write the figures for LaTeX")
    found.add_argument(
        "--redraw", action="store_true", help="draw the page again, even if nothing that it shows has changed"
    )
    found.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    found.add_argument("--reports-dir", type=Path, default=Path("reports"), help="default: reports")
    return found


def names(text: str) -> list[str]:
    """A list of names."""
    return text.strip("[]").split(",")


def formats(text: str) -> list[str]:
    """A list of formats."""
    listed = names(text)
    if not set(listed) <= set(REPORT_FORMATS):
        raise argparse.ArgumentTypeError(f"must be any of {','.join(REPORT_FORMATS)}. Received: {text}")
    return listed
