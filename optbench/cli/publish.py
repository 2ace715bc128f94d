"""``python -m optbench publish NAME``: write a study as a folder that can be copied anywhere."""

import sys
from collections.abc import Sequence
from pathlib import Path

from optbench.cli.argument_parser import ArgumentParser
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import OptbenchError

PUBLISHED = "published"  # default folder of published studies
PARTS = ("page", "trials", "arrays")


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default.

    Exit codes: 0 written, 1 refused, 3 misuse.
    """
    arguments = parser().parse_args(words)
    from optbench.report.publish import PublishOptions, publish  # argparse handles --help and errors first
    from optbench.results.loading import load_result
    from optbench.results.store import Store
    from optbench.runtime.files import file_name

    store = Store(arguments.results_dir)
    folder: Path = arguments.to or Path(PUBLISHED, file_name(arguments.name))
    try:
        result = load_result(store, store.read_study(arguments.name))
        publish(result, folder, PublishOptions(arguments.without, arguments.points))
    except OptbenchError as error:
        print_text(f"optbench publish: {error}", sys.stderr)
        sys.exit(1)
    for file, reason in store.unreadable.items():
        print_text(f"{store.folder / file} is skipped: {reason}")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print_text(f"published: {folder} ({size / 2**20:.2f} MiB)")
    print_text(f"read it:   optbench.load_study({folder.as_posix()!r})")


def parser() -> ArgumentParser:
    """The parser of the command line."""
    described = "Write a study as a folder that can be put anywhere: tables, page, versions, commands and checksums."
    found = ArgumentParser(prog="python -m optbench publish", description=described)
    found.add_argument("name", help="the study's name")
    found.add_argument("--to", type=Path, metavar="FOLDER", help=f"the folder to write; default: {PUBLISHED}/NAME")
    found.add_argument(
        "--without", nargs="+", choices=PARTS, default=(), help="what to leave out, for a smaller folder"
    )
    found.add_argument("--points", type=int, help="keep at most so many points of each curve, the last among them")
    found.add_argument("--results-dir", type=Path, default=Path("results"), help="default: results")
    return found
