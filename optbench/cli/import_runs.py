"""``python -m optbench import``: import runs that were trained elsewhere, and write their report.

python -m optbench import runs.csv --name mine                       a table: CSV, Parquet or JSON
python -m optbench import runs.csv --name mine --map optimizer=opt,seed=rng --paired seed
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from optbench.cli.argument_parser import ArgumentParser
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import ConfigError, OptbenchError
from optbench.importing.sources import SOURCES, read_source

if TYPE_CHECKING:
    from optbench.importing.tables import ImportOptions
    from optbench.results.store import Store
    from optbench.spec.study_file import StudyFile

DESCRIPTION = (
    "Read runs that were trained elsewhere, and write their report. Guesses are printed; options override them."
)


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default.

    Exit codes: 0 imported, 1 the runs cannot be read or interpreted, 3 misuse.
    """
    given = list(sys.argv[1:] if words is None else words)
    arguments = parser().parse_args(given)
    try:
        import_runs(arguments, shlex.join(["python", "-m", "optbench", "import", *given]))
    except (OptbenchError, OSError) as error:
        print_text(f"optbench import: {' '.join(str(error).split())}", sys.stderr)
        sys.exit(1)


def import_runs(arguments: argparse.Namespace, command: str) -> None:
    """Read a source, write the study and its report, and show the answer."""
    from optbench.importing.layout import read_runs
    from optbench.importing.study import check_name, describe_import, import_study
    from optbench.results.store import Store

    store, options = Store(arguments.results_dir), import_options(arguments)
    source, location = source_of(arguments)
    name = Path(location).stem or "runs" if arguments.name is None else arguments.name
    check_name(store, name)
    table = read_runs(read_source(source, location, experiment=arguments.experiment), options)
    file = import_study(table, store, name, options, command)
    for line in describe_import(table, file):
        print_text(line)
    if not arguments.no_report:
        show_report(store, file, arguments.reports_dir)


def show_report(store: "Store", file: "StudyFile", reports_dir: Path) -> None:
    """Write the report of a study, and show the answer."""
    from optbench.cli.console import HarmlessConsole
    from optbench.cli.outcome import outcome
    from optbench.report.page import PageOptions, build_report
    from optbench.results.loading import load_result

    result = load_result(store, file)
    console = HarmlessConsole(highlight=False)
    page = build_report(result, store, reports_dir, PageOptions())
    for block in outcome(result, console.width):
        console.print(block)
    print_text(f"report: {page}")


def source_of(arguments: argparse.Namespace) -> tuple[str, str]:
    """The reader and its source.

    Raises:
        ConfigError: a reader is given without a source.
    """
    first, *rest = arguments.source
    if first in SOURCES:
        if len(rest) != 1:
            raise ConfigError(
                f"`import {first}` takes {SOURCES[first].takes}. Received: {' '.join(rest) or 'nothing'}."
            )
        return first, rest[0]
    if rest:
        raise ConfigError(
            f"`import` takes one file, or one of {', '.join(SOURCES)} and what it reads. "
            f"Received: {' '.join(arguments.source)}."
        )
    return "csv", first


def import_options(arguments: argparse.Namespace) -> "ImportOptions":
    """The options of an import."""
    from optbench.importing.tables import ImportOptions

    return ImportOptions(
        columns=dict(pair for text in arguments.map for pair in text),
        problem=arguments.problem,
        optimizer=arguments.optimizer,
        split=arguments.split,
        minimize=tuple(arguments.minimize),
        maximize=tuple(arguments.maximize),
        hyperparameters=tuple(arguments.hyperparameters),
        ignore=tuple(arguments.ignore),
        percent=tuple(arguments.percent),
        fraction=tuple(arguments.fraction),
        paired=arguments.paired is not None,
        comparable_times=arguments.wall_time == "comparable",
        decide_by=arguments.decide_by,
        baseline=arguments.baseline,
    )


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    found = ArgumentParser(prog="python -m optbench import", description=DESCRIPTION)
    found.add_argument(
        "source", nargs="+", help=f"a file, or one of {', '.join(SOURCES)} and a file, a folder or an address"
    )
    found.add_argument("--name", help="of the study; default: that of the file")
    found.add_argument("--map", type=pairs, action="append", default=[], metavar="ROLE=COLUMN,...",
                       help="columns by role: optimizer=opt,seed=rng, or by metric: test.accuracy=acc")  # fmt: skip
    found.add_argument("--problem", help="of all rows")
    found.add_argument("--optimizer", help="of all rows")
    found.add_argument("--split", choices=["train", "valid", "test"], help="of metrics whose names have none")
    for option, what in {
        "minimize": "metrics of which lower values are better",
        "maximize": "metrics of which higher values are better",
        "hyperparameters": "columns that are hyperparameters",
        "ignore": "columns or metrics to leave out",
        "percent": "metrics in percent",
        "fraction": "metrics that are not in percent, whatever their size",
    }.items():
        found.add_argument(f"--{option}", type=names, action="extend", default=[], metavar="NAME,...", help=what)
    found.add_argument(
        "--paired", choices=["seed"], help="runs with the same seed had the same data, start and batches"
    )
    found.add_argument("--wall-time", choices=["shown", "comparable"], default="shown",
                       help="comparable: all runs were alone on equal machines; default: shown")  # fmt: skip
    found.add_argument("--decide-by", metavar="SPLIT.METRIC", help="what settings are compared by")
    found.add_argument("--baseline", help="the optimizer with which the others are compared")
    found.add_argument("--experiment", help="with mlflow: the experiment")
    found.add_argument("--no-report", action="store_true", help="write the results alone")
    found.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    found.add_argument("--reports-dir", type=Path, default=Path("reports"), help="default: reports")
    return found


def names(text: str) -> list[str]:
    """A list of names."""
    return [name.strip() for name in text.split(",") if name.strip()]


def pairs(text: str) -> list[tuple[str, str]]:
    """A list of roles with their columns."""
    found = [pair.partition("=") for pair in names(text)]
    if not found or not all(role and column for role, _, column in found):
        raise argparse.ArgumentTypeError(f"must be ROLE=COLUMN,... Received: {text}")
    return [(role.strip(), column.strip()) for role, _, column in found]
