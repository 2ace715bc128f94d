"""``python -m optbench.conformance my_package.rules.mine``: check rules against the contract, with advice on failures.

Exit codes: 0 all checks pass, 1 a check fails, 3 misuse.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape

from optbench.cli.argument_parser import MISUSE, ArgumentParser
from optbench.errors import OptbenchError, describe_error
from optbench.lab.conformance.checks import CHECKS, Violation
from optbench.lab.rules import rule_node
from optbench.lab.subjects import Subject, subject_of

COMMAND = "optbench.conformance"
ADVICE = {
    "keeps_shapes_and_dtypes": "Cast numbers to the parameters' dtype with scalars(params, ...).",
    "keeps_state_structure": "Make in init every tensor that update returns, of the same shape and dtype.",
    "is_pure": "Keep all memory in the state that init makes and update returns; draw no global random numbers.",
    "traces_once": "Keep shapes fixed, and the step a tensor: first_step() and step + 1.",
    "is_finite_on_zero_gradients": "Divide by something that cannot be zero: add eps to the denominator.",
    "refuses_a_missing_gradient": "Map equations over the parameters with apply_equations, which checks them.",
    "refuses_a_mismatched_gradient": "Map equations over the parameters with apply_equations, which checks them.",
    "takes_tensors_for_floats": "Compute with scalars(params, ...), and do not use numbers in Python conditions.",
    "descends_a_bowl": "Updates are added to the parameters: they point against the gradient, -alpha * g.",
}


class CheckResult(NamedTuple):
    """The result of one check."""

    check: str  # its name, in words
    requirement: str  # in a sentence
    violation: str  # what was observed instead; empty if the check passed
    advice: str


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process unless others are given."""
    description = "Check rules against the contract of update rules."
    parser = ArgumentParser(prog=f"python -m {COMMAND}", description=description)
    parser.add_argument("rule", nargs="+", help="my_package.rules.mine, a YAML file, or a name of conf/optimizer")
    arguments = parser.parse_args(words)
    console = Console(highlight=False)
    try:
        subjects = {name: subject_of(rule_node(name)) for name in arguments.rule}
    except OptbenchError as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        sys.exit(MISUSE)
    sys.exit(max([check_rule(name, subject, console) for name, subject in subjects.items()]))


def check_rule(name: str, subject: Subject, console: Console) -> int:
    """Print the results of all checks of a rule; the exit code: 1 if any fails."""
    results = [run_check(check, subject) for check in CHECKS]
    console.print(escape(name))
    for result in results:
        mark = "fails" if result.violation else "passes"
        console.print(f"  {mark:<6} {escape(result.check)}: {escape(result.requirement)}")
        if result.violation:
            console.print(f"         Observed: {escape(result.violation)}\n         Advice: {escape(result.advice)}")
    failures = sum(bool(result.violation) for result in results)
    console.print(f"  {len(results) - failures} of {len(results)} checks pass.")
    return int(failures > 0)


def run_check(check: Callable[[Subject], None], subject: Subject) -> CheckResult:
    """Run one check; any error that a rule raises is a failure."""
    requirement = (inspect.getdoc(check) or "").partition("\n")[0]
    try:
        check(subject)
        violation = ""
    except Violation as error:
        violation = str(error)
    except Exception as error:  # a rule may raise anything
        violation = describe_error(error)
    return CheckResult(check.__name__.replace("_", " "), requirement, violation, ADVICE[check.__name__])
