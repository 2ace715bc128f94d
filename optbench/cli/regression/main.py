"""``python -m optbench.regression time|learn``: did a change make optimizers slower, or learn worse?

Exit codes: 0 no regression, 1 regression, 2 unclear, 3 misuse.
"""

import argparse
import logging
import sys
from collections.abc import Sequence

from optbench.cli.argument_parser import MISUSE, ArgumentParser
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.cli.regression.options import add_learn_options, add_time_options
from optbench.errors import OptbenchError
from optbench.runtime.tensorflow_import import import_tensorflow

COMMAND = "optbench.regression"


@ending_well(MISUSE)
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default."""
    logging.getLogger("optbench").addHandler(logging.NullHandler())  # findings report failures, once
    sys.exit(run(sys.argv[1:] if words is None else words))


def run(command_line: Sequence[str]) -> int:
    """Run a gate. Returns the exit code."""
    arguments = make_parser().parse_args(command_line)
    try:
        return int(arguments.gate(arguments))
    except OptbenchError as error:
        print_text(f"{COMMAND}: {error}", sys.stderr)
        return MISUSE


def make_parser() -> argparse.ArgumentParser:
    """The parser of both gates."""
    description = "Regression gates. Exit codes: 0 no regression, 1 regression, 2 unclear, 3 misuse."
    parser = ArgumentParser(prog=f"python -m {COMMAND}", description=description)
    gates = parser.add_subparsers(required=True, metavar="time|learn", parser_class=ArgumentParser)
    learning = gates.add_parser("learn", help="compare what rules learn with a baseline")
    add_learn_options(learning)
    learning.set_defaults(gate=gate_learning)
    timing = gates.add_parser("time", help="compare times of updates and steps with a base, or their ratios to sgd")
    add_time_options(timing)
    timing.set_defaults(gate=gate_time)
    return parser


def gate_learning(arguments: argparse.Namespace) -> int:
    """The learning gate."""
    import_tensorflow()
    from optbench.cli.regression.learn import run_learn  # imported here, so that --help and misuse are answered at once

    return run_learn(arguments)


def gate_time(arguments: argparse.Namespace) -> int:
    """The time gate, which imports TensorFlow only in its worker processes."""
    from optbench.cli.regression.time import run_time

    return run_time(arguments)
