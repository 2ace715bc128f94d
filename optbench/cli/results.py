"""``python -m optbench.results``: show the contents of a results folder; ``prune`` removes runs that no study needs."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from optbench.analysis.formatting import format_megabytes, pluralize
from optbench.cli.argument_parser import HarmlessParser
from optbench.cli.console import HarmlessConsole
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import OptbenchError, StoreError
from optbench.results.maintenance import plan_pruning, repair, run_ids_of
from optbench.results.maintenance import prune as remove
from optbench.results.store import Store
from optbench.runtime import compilation_cache
from optbench.spec.status import RunStatus
from optbench.spec.study_file import StudyFile

MOST_LISTED = 20  # maximum number of files that prune lists
OPTBENCH = "optbench"  # the source of runs that were not imported


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default."""
    parser = HarmlessParser(
        prog="python -m optbench.results",
        description="List what is in a results folder; prune removes runs that no study names; repair sets "
        "aside files that are damaged; cache shows the compiled programs in the user's cache directory.",
    )
    parser.add_argument(
        "action", nargs="?", choices=["list", "prune", "repair", "cache"], default="list", help="default: list"
    )
    parser.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    parser.add_argument("--yes", action="store_true", help="with prune: remove without asking")
    parser.add_argument("--clear", action="store_true", help="with cache: remove the compiled programs")
    arguments = parser.parse_args(words)
    store, console = Store(arguments.results_dir), HarmlessConsole(highlight=False)
    if arguments.clear and arguments.action != "cache":
        parser.error(f"--clear goes with cache. Received: {arguments.action} --clear.")
    try:
        if arguments.action == "cache":
            return clear_cache(console) if arguments.clear else show_cache(console)
        if not arguments.results_dir.is_dir():
            raise OptbenchError(f"There is no folder {arguments.results_dir}. Name another with --results-dir.")
        if arguments.action == "prune":
            prune(store, console, arguments.yes)
        elif arguments.action == "repair":
            repair_store(store, console)
        else:
            show(store, console)
    except OptbenchError as error:
        print_text(f"optbench.results: {error}", sys.stderr)
        sys.exit(1)
    return None


def show(store: Store, console: Console) -> None:
    """Print the studies, their runs by status, and the total size."""
    runs = store.statuses()
    statuses = [status for status in RunStatus if status != RunStatus.PRUNED or status in runs.values()]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("study", overflow="fold")
    studies, faults = store.studies.readable()
    sources = {name: describe_sources(study) for name, study in studies.items() if study.imports}
    for column in ("runs", *statuses, "missing"):
        table.add_column(column, justify="right")
    if sources:
        table.add_column("source", overflow="fold")
    named = {name: run_ids_of(study) for name, study in studies.items()}
    for name, ids in named.items():
        counts = Counter(runs.get(run_id) for run_id in ids)
        missing = len(ids) - sum(counts[status] for status in statuses)
        cells = [len(ids), *(counts[status] for status in statuses), missing]
        table.add_row(escape(name), *map(str, cells), *([escape(sources.get(name, OPTBENCH))] if sources else []))
    console.print(table)
    unnamed = len(set(runs).difference(*named.values()))
    size = size_of(store.folder)
    console.print(f"{pluralize(len(runs), 'run')}, {unnamed} of them named by no study; {size} on disk.")
    for fault in faults:
        console.print(fault, soft_wrap=True, markup=False)
    for file, reason in store.unreadable.items():
        console.print(f"{file} is skipped: {reason}", soft_wrap=True, markup=False)
    if store.unreadable:
        console.print("python -m optbench.results repair sets damaged files aside.")
    if store.quarantined_files():
        console.print(f"{pluralize(len(store.quarantined_files()), 'damaged file')} in {store.folder / 'quarantine'}.")


def describe_sources(study: StudyFile) -> str:
    """The sources of a study's runs: ``csv``, or ``optbench, csv``."""
    sources = dict.fromkeys(entry.source for entry in study.imports)
    trains = any(job.command is None for job in study.jobs)
    return ", ".join([OPTBENCH, *sources] if trains else sources)


def show_cache(console: Console) -> None:
    """Print the location of compiled programs, their number and size, and their processors and versions."""
    folder = compilation_cache.root()
    if folder is None:
        console.print(f"Compiled programs are not kept: {compilation_cache.SWITCH}={compilation_cache.OFF}.")
        return
    found = compilation_cache.entries(folder)
    by_key = Counter(path.parent.name for path in found)
    for key, count in sorted(by_key.items()):
        console.print(f"{key}  {pluralize(count, 'program')}", markup=False)
    size = format_megabytes(compilation_cache.size_of(found))
    limit = format_megabytes(compilation_cache.LIMIT)
    programs = pluralize(len(found), "compiled program")
    console.print(f"{programs} in {folder}, {size} of at most {limit}.", soft_wrap=True, markup=False)


def clear_cache(console: Console) -> None:
    """Remove all compiled programs, and print their number."""
    folder = compilation_cache.root()
    count, size = (0, 0) if folder is None else compilation_cache.clear(folder)
    console.print(f"Removed: {pluralize(count, 'compiled program')}, {format_megabytes(size)}.")


def prune(store: Store, console: Console, confirmed: bool) -> None:
    """Show what no study needs, and remove it after confirmation.

    Raises:
        StoreError: it cannot be determined what to remove, or nobody can confirm it.
    """
    plan = plan_pruning(store)
    if plan.is_empty:
        console.print("Nothing to remove: every run is named by a study.")
        return
    for path in plan.leftovers[:MOST_LISTED]:
        console.print(f"  {path}", markup=False, soft_wrap=True)
    if len(plan.leftovers) > MOST_LISTED:
        console.print(f"  and {pluralize(len(plan.leftovers) - MOST_LISTED, 'more file')}")
    runs, files = pluralize(len(plan.run_ids), "run"), pluralize(len(plan.leftovers), "file")
    console.print(f"{runs} that no study names and {files} can be removed.")
    if not confirmed and not asks_for_consent(console):
        console.print("Nothing was removed.")
        return
    before = size_of(store.folder)
    removed = pluralize(remove(store, plan), "run")
    console.print(f"Removed: {removed} that no study names; {before} before, {size_of(store.folder)} now.")


def asks_for_consent(console: Console) -> bool:
    """Ask in a terminal whether to continue.

    Raises:
        StoreError: there is no terminal.
    """
    if not sys.stdin.isatty():
        raise StoreError("Nothing was removed: there is no terminal to ask in. Confirm with --yes.")
    return console.input("Remove them? [y/N] ").strip().lower() in ("y", "yes")


def repair_store(store: Store, console: Console) -> None:
    """Set damaged files aside, and list them."""
    moved = repair(store)
    for name in moved:
        console.print(f"  {name}", markup=False, soft_wrap=True)
    count = pluralize(len(moved), "damaged file")
    console.print(f"Moved to {store.folder / 'quarantine'}: {count}.", soft_wrap=True, markup=False)


def size_of(folder: Path) -> str:
    """The size of all files in a folder and its subfolders."""
    return format_megabytes(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))
