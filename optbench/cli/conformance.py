"""``python -m optbench.conformance my_package.rules.mine``: what holds of the contract, what does not, and what to do.

Exit codes: 0 all holds, 1 something does not, 3 wrong use.
"""

import argparse
import inspect
import sys
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from rich.console import Console
from rich.markup import escape

from optbench.errors import OptbenchError, describe_error
from optbench.lab.conformance.checks import CHECKS, Subject, Violation, subject_of
from optbench.lab.rules import rule_node

ADVICE = {
    "keeps_shapes_and_dtypes": "Cast numbers to the parameters' dtype with scalars(params, ...).",
    "keeps_state_structure": "Make in init every tensor that update returns, of the same shape and dtype.",
    "is_pure": "Keep all memory in the state that init makes and update returns; draw no global random numbers.",
    "traces_once": "Keep shapes fixed, and the step a tensor: first_step() and step + 1.",
    "is_finite_on_zero_gradients": "Divide by something that cannot be zero: add eps to the denominator.",
    "refuses_a_missing_gradient": "Map equations over the parameters with apply_equations, which checks them.",
    "refuses_a_mismatched_gradient": "Map equations over the parameters with apply_equations, which checks them.",
    "takes_tensors_for_floats": "Compute with numbers as scalars(params, ...) makes them; ask no `if` of them.",
    "descends_a_bowl": "Updates are added to the parameters: they point against the gradient, -alpha * g.",
}


class Result(NamedTuple):
    """What came of one check."""

    check: str  # its name, in words
    promise: str  # what must hold, in a sentence
    seen: str  # what was seen instead; empty if it holds
    advice: str


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line and exit code 3."""

    def error(self, message: str) -> NoReturn:
        """Say what was wrong."""
        self.exit(3, f"optbench.conformance: {' '.join(message.split())} (see --help)\n")


def main() -> None:
    """Run the command line."""
    parser = Parser(prog="python -m optbench.conformance", description="Examine rules: does each keep the contract?")
    parser.add_argument("rule", nargs="+", help="my_package.rules.mine, its yaml, or one of conf/optimizer")
    asked = parser.parse_args()
    console = Console(highlight=False)
    try:
        subjects = {name: subject_of(rule_node(name)) for name in asked.rule}
    except OptbenchError as error:
        print(f"optbench.conformance: {error}", file=sys.stderr)
        sys.exit(3)
    sys.exit(max([show(name, subject, console) for name, subject in subjects.items()]))


def show(name: str, subject: Subject, console: Console) -> int:
    """Print what holds of a rule and what does not; the exit code: 1 where anything does not."""
    results = [examined(check, subject) for check in CHECKS]
    console.print(escape(name))
    for result in results:
        mark = "does not hold" if result.seen else "holds"
        console.print(f"  {mark:<14} {escape(result.check)}: {escape(result.promise)}")
        if result.seen:
            console.print(
                f"                 Seen: {escape(result.seen)}\n                 Advice: {escape(result.advice)}"
            )
    broken = sum(bool(result.seen) for result in results)
    console.print(f"  {len(results) - broken} of {len(results)} hold.")
    return int(broken > 0)


def examined(check: Callable[[Subject], None], subject: Subject) -> Result:
    """Run one check; whatever a rule raises in it is something that does not hold."""
    promise = (inspect.getdoc(check) or "").partition("\n")[0]
    try:
        check(subject)
        seen = ""
    except Violation as violation:
        seen = str(violation)
    except Exception as error:  # whatever a stranger's rule may raise
        seen = describe_error(error)
    return Result(check.__name__.replace("_", " "), promise, seen, ADVICE[check.__name__])
