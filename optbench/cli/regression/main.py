"""``python -m optbench.regression time|learn``: did a change make optimizers slower, or learn worse?

Exit codes: 0 no regression, 1 regressed, 2 could not tell, 3 wrong use.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import NoReturn

from optbench.cli.regression.options import learn_options, time_options
from optbench.errors import OptbenchError
from optbench.lab.gates.findings import MISUSE
from optbench.runtime.tensorflow_import import import_tensorflow


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line and exit code 3."""

    def error(self, message: str) -> NoReturn:
        """Say what was wrong."""
        self.exit(MISUSE, f"optbench.regression: {' '.join(message.split())} (see --help)\n")


def main() -> None:
    """Run the command line."""
    logging.getLogger("optbench").addHandler(logging.NullHandler())  # findings say what failed, once
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a gate; the exit code."""
    asked = parser().parse_args(arguments)
    try:
        return int(asked.gate(asked))
    except OptbenchError as error:
        print(f"optbench.regression: {error}", file=sys.stderr)
        return MISUSE


def parser() -> argparse.ArgumentParser:
    """What may be asked."""
    top = Parser(prog="python -m optbench.regression", description="Gates: exit 0 fine, 1 regressed, 2 cannot tell.")
    gates = top.add_subparsers(required=True, metavar="time|learn", parser_class=Parser)
    learning = gates.add_parser("learn", help="hold what rules learn against a baseline")
    learn_options(learning)
    learning.set_defaults(gate=gate_learning)
    timing = gates.add_parser("time", help="hold what updates and steps cost against a base, or against sgd")
    time_options(timing)
    timing.set_defaults(gate=gate_time)
    return top


def gate_learning(asked: argparse.Namespace) -> int:
    """The learning gate."""
    import_tensorflow()
    from optbench.cli.regression.learn import run_learn  # argparse answers --help and mistakes at once

    return run_learn(asked)


def gate_time(asked: argparse.Namespace) -> int:
    """The speed gate, which leaves TensorFlow to its workers."""
    from optbench.cli.regression.time import run_time

    return run_time(asked)
