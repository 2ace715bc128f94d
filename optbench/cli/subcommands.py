"""The subcommands of ``python -m optbench``: a first word without ``=`` that is no flag.

    python -m optbench results list     the same as python -m optbench.results list

Their modules are imported when they are called: a study needs none of them.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from optbench.cli.printing import print_text
from optbench.config.parameters import unknown_name

MISUSE = 2  # exit code, as that of a study
SUBCOMMANDS = {
    "conformance": "optbench.cli.conformance",
    "crosscheck": "optbench.cli.crosscheck",
    "export": "optbench.cli.export",
    "import": "optbench.cli.import_runs",
    "new": "optbench.cli.new",
    "publish": "optbench.cli.publish",
    "regression": "optbench.cli.regression.main",
    "report": "optbench.cli.report",
    "results": "optbench.cli.results",
    "weights": "optbench.cli.weights",
}


def names_subcommand(arguments: Sequence[str]) -> bool:
    """Whether the first argument is a word: neither a flag nor an override."""
    return bool(arguments) and "=" not in arguments[0] and not arguments[0].startswith(("-", "~"))


def run_subcommand(name: str, arguments: Sequence[str]) -> int:
    """Run a subcommand, which may exit with a code of its own; the exit code.

    Args:
        name: of the subcommand. One that does not exist is misuse.
        arguments: that follow it.
    """
    if name not in SUBCOMMANDS:
        line = unknown_name(f"The subcommand `{name}`", name, SUBCOMMANDS)
        print_text(f"optbench: {line} A study takes key=value and group=choice.", sys.stderr)
        return MISUSE
    import_module(SUBCOMMANDS[name]).main(arguments)
    return 0
