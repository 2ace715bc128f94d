"""``python -m optbench.results``: what is in a results folder, and ``prune`` to remove runs that no study names."""

import argparse
import shutil
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from optbench.analysis.formatting import format_megabytes
from optbench.errors import OptbenchError
from optbench.results.loading import study_labels
from optbench.results.schemas import FINISHED
from optbench.results.store import Store
from optbench.runtime import compilation_cache
from optbench.runtime.files import CHECKPOINTS, WEIGHTS

STATUSES = (*FINISHED, "failed", "interrupted")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m optbench.results",
        description="List what is in a results folder; prune removes runs that no study names; cache shows the "
        "compiled programs in the user's cache directory.",
    )
    parser.add_argument("action", nargs="?", choices=["list", "prune", "cache"], default="list", help="default: list")
    parser.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    parser.add_argument("--clear", action="store_true", help="with cache: remove the compiled programs")
    arguments = parser.parse_args()
    store, console = Store(arguments.results_dir), Console(highlight=False)
    if arguments.clear and arguments.action != "cache":
        parser.error(f"--clear goes with cache. Received: {arguments.action} --clear.")
    try:
        if arguments.action == "cache":
            return clear_cache(console) if arguments.clear else show_cache(console)
        if not arguments.results_dir.is_dir():
            raise OptbenchError(f"There is no folder {arguments.results_dir}. Name another with --results-dir.")
        prune(store, console) if arguments.action == "prune" else show(store, console)
    except OptbenchError as error:
        print(f"optbench.results: {error}", file=sys.stderr)
        sys.exit(1)
    return None


def show(store: Store, console: Console) -> None:
    """Print the studies, their runs by status, and the size of all."""
    runs = store.runs().set_index("run_id")["status"]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("study", overflow="fold")
    for column in ("runs", *STATUSES, "missing"):
        table.add_column(column, justify="right")
    for name, ids in named(store).items():
        counts = runs.reindex(ids).value_counts(dropna=False)
        missing = len(ids) - int(counts.reindex(STATUSES, fill_value=0).sum())
        cells = [len(ids), *(int(counts.get(status, 0)) for status in STATUSES), missing]
        table.add_row(escape(name), *map(str, cells))
    console.print(table)
    unnamed = len(set(runs.index).difference(*named(store).values()))
    console.print(f"{len(runs)} runs, {unnamed} of them named by no study; {size_of(store.folder)} on disk.")
    if store.quarantined_files():
        console.print(
            f"{len(store.quarantined_files())} files could not be read; they are in {store.folder / 'quarantine'}."
        )


def show_cache(console: Console) -> None:
    """Print where compiled programs are kept, how many there are, for which processors and versions, and their size."""
    folder = compilation_cache.root()
    if folder is None:
        console.print(f"Compiled programs are not kept: {compilation_cache.SWITCH}={compilation_cache.OFF}.")
        return
    found = compilation_cache.entries(folder)
    by_key = Counter(path.parent.name for path in found)
    for key, count in sorted(by_key.items()):
        console.print(f"{key}  {count} programs", markup=False)
    size = format_megabytes(compilation_cache.size_of(found))
    limit = format_megabytes(compilation_cache.LIMIT)
    console.print(
        f"{len(found)} compiled programs in {folder}, {size} of at most {limit}.", soft_wrap=True, markup=False
    )


def clear_cache(console: Console) -> None:
    """Remove all compiled programs, and print how many there were."""
    folder = compilation_cache.root()
    count, size = (0, 0) if folder is None else compilation_cache.clear(folder)
    console.print(f"{count} compiled programs were removed, {format_megabytes(size)}.")


def prune(store: Store, console: Console) -> None:
    """Remove the runs that no study names, with their checkpoints and weights, and say how many there were."""
    keep = set().union(*named(store).values())
    before = size_of(store.folder)
    removed = store.keep_only(keep)
    remove_files(store.folder, keep)
    console.print(f"{removed} runs that no study names were removed; {before} before, {size_of(store.folder)} now.")


def remove_files(results: Path, keep: set[str]) -> None:
    """Remove checkpoints and weights of all runs but those to ``keep``."""
    for path in [*(results / CHECKPOINTS).glob("*"), *(results / WEIGHTS).glob("*")]:
        if path.stem in keep:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def named(store: Store) -> dict[str, list[str]]:
    """The run ids of each study."""
    return {name: list(pd.unique(study_labels(name, store.read_study(name))["run_id"])) for name in store.study_names()}


def size_of(folder: Path) -> str:
    """The size of all files below a folder."""
    return format_megabytes(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))
