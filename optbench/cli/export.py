"""``python -m optbench export NAME --to KIND``: export the runs of a study to files and services of other tools."""

import argparse
import shutil
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from optbench.analysis.formatting import pluralize
from optbench.cli.argument_parser import ArgumentParser
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import ConfigError, OptbenchError

if TYPE_CHECKING:
    from optbench.exporting.runs import Export

TABLES = ("csv", "parquet", "json")
KINDS = (*TABLES, "tensorboard", "wandb", "mlflow")
EXPORTED = "exported"  # default folder of exports


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default.

    Exit codes: 0 exported, 1 refused, 3 misuse.
    """
    found = parser()
    arguments = found.parse_args(words)
    if (arguments.uri is not None) != (arguments.to == "mlflow"):
        found.error(
            "--to mlflow and --uri go together: the address of a tracking server, such as http://127.0.0.1:5000"
        )
    try:
        for line in export_study(arguments):
            print_text(line)
    except OptbenchError as error:
        print_text(f"optbench export: {error}", sys.stderr)
        sys.exit(1)


def export_study(arguments: argparse.Namespace) -> list[str]:
    """Export a study. Returns the text to print."""
    from optbench.exporting.runs import Export, exported_runs
    from optbench.report.publish import page_files
    from optbench.results.published_folder import load_named
    from optbench.results.store import Store

    result = load_named(arguments.name, Store(arguments.results_dir))
    with TemporaryDirectory() as place:
        page = Path(place, "index.html")
        page.write_text(page_files(result, with_page=True)["index.html"], encoding="utf8")
        export = Export(result.file.name, exported_runs(result), page)
        where = to_server(arguments, export) if arguments.to == "mlflow" else to_folder(arguments, export)
    skipped = [f"{file.file} is skipped: {file.reason}" for file in result.skipped]
    return [*skipped, f"exported: {pluralize(len(export.runs), 'run')} to {where}"]


def to_server(arguments: argparse.Namespace, export: "Export") -> str:
    """Export to MLflow. Returns the location of the runs."""
    from optbench.exporting.mlflow import log_to_server

    experiment = arguments.experiment or export.name
    log_to_server(export, arguments.uri, experiment)
    return f"experiment {experiment} of {arguments.uri}"


def to_folder(arguments: argparse.Namespace, export: "Export") -> Path:
    """Export to a new folder, which is written atomically. Returns its path."""
    from optbench.runtime.files import file_name

    folder: Path = arguments.into or Path(EXPORTED, file_name(export.name), arguments.to)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} exists and is not written to. Name another folder with --into, or remove it.")
    building = folder.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        building.mkdir(parents=True)
        writer_of(arguments.to)(export, building)
        if folder.exists():
            folder.rmdir()  # Windows cannot replace a folder
        building.replace(folder)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}. Name another folder with --into.") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def writer_of(kind: str) -> "Callable[[Export, Path], None]":
    """The function that writes a folder of the given kind."""
    from optbench.exporting import tables, tensorboard, wandb

    if kind in TABLES:
        return lambda export, folder: tables.write_tables(export, folder, kind)  # type: ignore[arg-type]
    return tensorboard.write_event_files if kind == "tensorboard" else wandb.write_offline_runs


def parser() -> ArgumentParser:
    """The parser of the command line."""
    described = "Write the runs of a study, with hyperparameters, curves, tags and the page, for other tools."
    found = ArgumentParser(prog="python -m optbench export", description=described)
    found.add_argument("name", help="of the study, or the folder of a published one")
    found.add_argument("--to", required=True, choices=KINDS, help="the format or the tool")
    found.add_argument("--into", type=Path, metavar="FOLDER", help=f"a new folder; default: {EXPORTED}/NAME/KIND")
    found.add_argument("--uri", help="with mlflow: the address of a tracking server")
    found.add_argument("--experiment", help="with mlflow: the experiment; default: the name of the study")
    found.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    return found
