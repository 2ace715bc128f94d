"""``python -m optbench.crosscheck``: compare rules with their counterparts in other libraries.

Both run on the same gradients. The first comparison uses the same hyperparameters and shows differences in convention.
The second makes conventions equal, as far as the arguments of either side allow, so that only rounding differs. The
results are a table in the terminal and a page of certificates, ``reports/certificates/index.html``.
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

from optbench.cli.argument_parser import HarmlessParser
from optbench.cli.console import HarmlessConsole
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import OptbenchError
from optbench.runtime.files import check_writable
from optbench.runtime.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    from optbench.lab.certificates.comparison import Comparison, CrossCheck

PYTHON = "OPTBENCH_ORACLES"  # environment variable: a Python with the other libraries


@ending_well()
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default."""
    arguments = parse_arguments(words)
    try:
        sys.exit(run_cross_check(arguments, HarmlessConsole(highlight=False)))
    except (OptbenchError, OSError) as error:
        print_text(f"optbench.crosscheck: {error}", sys.stderr)
        sys.exit(1)


def parse_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; misuse exits with 2."""
    parser = HarmlessParser(
        prog="python -m optbench.crosscheck",
        description="Compare the rules with those of the same name of Keras, PyTorch, Optax and pytorch-optimizer on "
        "the same gradients. Exit code 1 if a difference is unexplained.",
    )
    parser.add_argument("rule", nargs="*", help="default: all")
    parser.add_argument("--steps", type=int, default=200, help="default: 200")
    parser.add_argument(
        "--reports-dir", help="where certificates/index.html is written; default: reports, if all rules are compared"
    )
    parser.add_argument(
        "--oracles-python",
        default=os.environ.get(PYTHON, sys.executable),
        help=f"a Python with Optax, PyTorch and pytorch-optimizer; default: ${PYTHON}, or this one",
    )
    parser.add_argument(
        "--oracles",
        metavar="PACKAGE",
        help="a package with one module per rule that defines `oracle`, a float64 implementation in NumPy to compare "
        "with; in the repository tests.optimizers.rules; default: none",
    )
    arguments = parser.parse_args(words)
    import_tensorflow()
    from optbench.config.parameters import unknown_name
    from optbench.lab.rules import known_rules

    known = known_rules()
    for name in arguments.rule:
        if name not in known:
            parser.error(unknown_name(f"`{name}`", name, known))
    if arguments.steps < 1:
        parser.error(f"--steps must be at least 1. Received: --steps {arguments.steps}.")
    if not arguments.rule:
        arguments.rule, arguments.reports_dir = known, arguments.reports_dir or "reports"
    return arguments


def run_cross_check(arguments: argparse.Namespace, console: Console) -> int:
    """Measure, print and write the page. Returns the exit code: 1 if a difference is unexplained.

    A page of selected rules is written only to a folder that the user names, so that it does not replace the page of
    all rules. Parameter groups are compared only if all rules are.
    """
    from optbench.lab.certificates.group_settings import SETTINGS
    from optbench.lab.certificates.measure import cross_check
    from optbench.lab.certificates.page import write_page
    from optbench.lab.rules import known_rules

    if arguments.reports_dir:
        check_writable(**{"--reports-dir": arguments.reports_dir})
    groups = SETTINGS if set(arguments.rule) == set(known_rules()) else ()
    result = cross_check(arguments.rule, arguments.steps, arguments.oracles_python, arguments.oracles, groups)
    code = show(result, console)
    if arguments.reports_dir:
        path = write_page(Path(arguments.reports_dir), arguments.rule, result)
        console.print(f"Certificates: {path}", soft_wrap=True)
    return code


def show(cross_check: CrossCheck, console: Console) -> int:
    """Print one row per comparison. Returns the exit code: 1 if a difference is unexplained."""
    from optbench.lab.certificates.verdict import describe_groups, unexplained_differences
    from optbench.spec.about import LIBRARIES

    console.print(make_table(cross_check.comparisons))
    versions = ", ".join(f"{library} {version}" for library, version in cross_check.versions.items())
    console.print(
        f"Largest difference of an update, relative to the largest update of {cross_check.steps} steps on four streams "
        f"of gradients, in float64; {versions}. Made equal: conventions that either side has an argument for, and "
        "an eps without effect."
    )
    absent = [library for library in LIBRARIES if library not in cross_check.versions]
    if absent:
        console.print(
            f"Not installed, so not compared: {', '.join(absent)}. Name a Python that has them with --oracles-python; "
            "in the repository, `make certificates` creates one."
        )
    if not cross_check.oracles:
        console.print("Not compared with float64 oracles. Name a package of them with --oracles.")
    for comparison in cross_check.groups:
        console.print(f"{comparison.setting.name}, {comparison.library}: {describe_groups(comparison)}", markup=False)
    unexplained = unexplained_differences(cross_check)
    for line in unexplained:
        console.print(f"Unexplained: {line}", markup=False)
    return int(bool(unexplained))


def make_table(comparisons: Sequence[Comparison]) -> Table:
    """The measured differences, one row per comparison."""
    from optbench.lab.certificates.comparison import largest
    from optbench.lab.certificates.verdict import judge

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("rule", no_wrap=True)
    table.add_column("library", overflow="fold")
    for column in ("same\nnumbers", "made\nequal"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("what differs", min_width=16, overflow="fold")
    for i, c in enumerate(comparisons):
        repeated = i > 0 and comparisons[i - 1].rule == c.rule
        figures = (f"{largest(by_stream):.1e}" if by_stream else "" for by_stream in (c.same, c.equal))
        table.add_row("" if repeated else c.rule, c.reference.label, *figures, escape(judge(c).sentence))
    return table
