"""The subcommands of ``python -m optbench``: a first argument that is neither a flag nor an override.

    python -m optbench results list     the same as python -m optbench.results list

Their modules are imported only when they are called, because a study needs none of them.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from optbench.cli.printing import print_text
from optbench.config.parameters import unknown_name

MISUSE = 2  # exit code, the same as for a study
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
    """Whether the first argument is a word, that is, neither a flag nor an override."""
    return bool(arguments) and "=" not in arguments[0] and not arguments[0].startswith(("-", "~"))


def run_subcommand(name: str, arguments: Sequence[str]) -> int:
    """Run a subcommand, which may exit with its own code. Returns the exit code.

    Args:
        name: the name of the subcommand. An unknown name is misuse.
        arguments: the arguments after the name.
    """
    if name not in SUBCOMMANDS:
        line = unknown_name(f"The subcommand `{name}`", name, SUBCOMMANDS)
        print_text(f"optbench: {line} A study takes key=value and group=choice.", sys.stderr)
        return MISUSE
    import_module(SUBCOMMANDS[name]).main(arguments)
    return 0
