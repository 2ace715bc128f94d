"""``python -m optbench.crosscheck``: the rules beside those of the same name of other libraries, on the same gradients.

Twice: with the same numbers, where the difference is one of conventions, and with the conventions made equal as far as
the library's arguments allow, where nothing but rounding is left. A table in the terminal, and the certificates as a
page, ``reports/certificates/index.html``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from optbench.errors import OptbenchError
from optbench.runtime.files import check_writable
from optbench.runtime.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    from optbench.lab.certificates.found import Found, Measured

PYTHON = "OPTBENCH_ORACLES"  # in the environment: a Python with the other libraries


def main() -> None:
    """Run the command line."""
    arguments = parsed()
    import_tensorflow()
    try:
        sys.exit(compare(arguments, Console(highlight=False)))
    except (OptbenchError, OSError) as error:
        print(f"optbench.crosscheck: {error}", file=sys.stderr)
        sys.exit(1)


def parsed() -> argparse.Namespace:
    """The command line; ends with exit code 2 where it is misused."""
    from optbench.config.parameters import unknown_name
    from optbench.lab.rules import known_rules

    parser = argparse.ArgumentParser(
        prog="python -m optbench.crosscheck",
        description="Compare the rules with those of the same name of Keras, PyTorch, Optax and pytorch-optimizer on "
        "the same gradients, and say what differs. Exit code 1 where a difference is not explained.",
    )
    parser.add_argument("rule", nargs="*", help="default: all")
    parser.add_argument("--steps", type=int, default=200, help="default: 200")
    parser.add_argument(
        "--reports-dir", help="where certificates/index.html is written; default: reports, for all rules alone"
    )
    parser.add_argument(
        "--oracles-python",
        default=os.environ.get(PYTHON, sys.executable),
        help=f"a Python with Optax, PyTorch and pytorch-optimizer; default: ${PYTHON}, or else this one",
    )
    arguments = parser.parse_args()
    known = known_rules()
    for name in arguments.rule:
        if name not in known:
            parser.error(unknown_name(f"`{name}`", name, known))
    if arguments.steps < 1:
        parser.error(f"--steps must be at least 1. Received: --steps {arguments.steps}.")
    if not arguments.rule:
        arguments.rule, arguments.reports_dir = known, arguments.reports_dir or "reports"
    return arguments


def compare(arguments: argparse.Namespace, console: Console) -> int:
    """Measure, print, write the page; the exit code: 1 where a difference is not explained.

    Of some rules no page is written unless a folder is named: it would take the place of that of all.
    """
    from optbench.lab.certificates import page
    from optbench.lab.certificates.measure import measure

    if arguments.reports_dir:
        check_writable(**{"--reports-dir": arguments.reports_dir})
    measured = measure(arguments.rule, arguments.steps, arguments.oracles_python)
    code = show(measured, console)
    if arguments.reports_dir:
        path = page.write(Path(arguments.reports_dir), arguments.rule, measured)
        console.print(f"Certificates: {path}", soft_wrap=True)
    return code


def show(measured: Measured, console: Console) -> int:
    """Print a row a reference; the exit code: 1 where a difference is not explained."""
    from optbench.lab.certificates.cases import LIBRARIES
    from optbench.lab.certificates.verdict import mistakes

    console.print(table_of(measured.found))
    versions = ", ".join(f"{library} {version}" for library, version in measured.versions.items())
    console.print(
        f"Largest difference of an update, relative to the largest update of {measured.steps} steps on four streams of "
        f"gradients, in float64; {versions}. Made equal: conventions that the library has an argument for, and an eps "
        "too small to show."
    )
    absent = [library for library in LIBRARIES if library not in measured.versions]
    if absent:
        console.print(
            f"Not compared, since not there: {', '.join(absent)}. Name a Python that has them with --oracles-python; "
            "in the repository `make certificates` makes one."
        )
    for line in mistakes(measured):
        console.print(f"Not explained: {line}", markup=False)
    return int(bool(mistakes(measured)))


def table_of(found: Sequence[Found]) -> Table:
    """What was measured, a row a reference."""
    from optbench.lab.certificates.found import largest
    from optbench.lab.certificates.verdict import verdict

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("rule", no_wrap=True)
    table.add_column("library", overflow="fold")
    for column in ("same\nnumbers", "made\nequal"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("what differs", min_width=16, overflow="fold")
    for i, f in enumerate(found):
        again = i > 0 and found[i - 1].rule == f.rule
        figures = (f"{largest(by):.1e}" if by else "" for by in (f.same, f.equal))
        table.add_row("" if again else f.rule, f.library, *figures, escape(verdict(f).sentence))
    return table
