"""``python -m optbench.conformance my_package.rules.mine``: check user code against contracts.

    python -m optbench.conformance my_package.rules.mine            an update rule
    python -m optbench.conformance dataset=my_package.data.load     a data set
    python -m optbench.conformance model=my_package.models.my_cnn   a model
    python -m optbench.conformance loss=my_package.losses.f         a loss
    python -m optbench.conformance metric=my_package.metrics.f      a metric

Failed checks are shown with advice.

Exit codes: 0 all checks pass, 1 a check fails, 3 misuse.
"""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape

from optbench.cli.argument_parser import MISUSE, ArgumentParser
from optbench.cli.console import HarmlessConsole
from optbench.cli.ending import ending_well
from optbench.cli.printing import print_text
from optbench.errors import ConfigError, OptbenchError, describe_error
from optbench.lab.conformance.checks import CHECKS, Violation
from optbench.lab.conformance.datasets import DATASET_CHECKS, dataset_subject
from optbench.lab.conformance.losses import LOSS_CHECKS, loss_subject
from optbench.lab.conformance.metrics import METRIC_CHECKS, metric_subject
from optbench.lab.conformance.models import MODEL_CHECKS, model_subject
from optbench.lab.rules import rule_node
from optbench.lab.subjects import Subject, subject_of
from optbench.runtime.user_exits import contained
from optbench.study.rule_example import check_rule

COMMAND = "optbench.conformance"
ADVICE = {
    "keeps_shapes_and_dtypes": "Cast numbers to the parameters' dtype with scalars(params, ...).",
    "keeps_state_structure": "Make in init every tensor that update returns, of the same shape and dtype.",
    "is_pure": "Keep all memory in the state that init makes and update returns; draw no global random numbers.",
    "traces_once": "Keep shapes fixed, and the step a tensor: first_step() and step + 1.",
    "is_finite_on_zero_gradients": "Divide by something that cannot be zero: add eps to the denominator.",
    "refuses_a_missing_gradient": "Map equations over the parameters with apply_equations, which checks them.",
    "refuses_a_mismatched_gradient": "Map equations over the parameters with apply_equations, which checks them.",
    "takes_a_schedule": "Compute with value_at(learning_rate, state.step, params), where step counts updates from 0.",
    "takes_tensors_for_floats": "Compute with scalars(params, ...), and do not use numbers in Python conditions.",
    "descends_a_bowl": "Updates are added to the parameters: they point against the gradient, -alpha * g.",
}


DATASET_ADVICE = {
    "has_arrays_that_fit": "Return Split(x, y) of NumPy arrays, or plain arrays from a function for dataset=function.",
    "has_labels_in_range": "Number the classes from 0, as numpy.unique(y, return_inverse=True) does.",
    "has_finite_numbers": "Fill missing numbers, or remove the examples; dataset=table fills them itself.",
    "trains_on_each_class": "Stratify the splits, or remove classes that are too rare.",
    "is_made_the_same_again": "Draw from a generator with a fixed seed, numpy.random.default_rng(0), and sort files.",
    "has_disjoint_splits": "Remove copies before the data are split, or keep them together with dataset.group_column.",
    "prepares_batches": "Cast to the dtype that prepare is given, and do not reduce over the examples of a batch.",
}


MODEL_ADVICE = {
    "has_finite_outputs": "Look at the scale of initial weights, and at divisions, logarithms and square roots.",
    "has_a_finite_gradient_of_each_parameter": "Use each layer, or set its trainable to False.",
    "is_a_pure_function": "Keep all memory in the state, and draw with keras.random and a SeedGenerator.",
    "keeps_its_state_in_evaluation": "Update variables only where `training` is true.",
    "evaluates_each_example_alone": "Use statistics of the batch only where `training` is true.",
    "draws_weights_by_the_seed": "Give layers initializers, and build the model inside the function.",
}
LOSS_ADVICE = {
    "gives_one_number_for_each_example": "Take the mean over the last axis only, with functions of TensorFlow.",
    "does_not_mix_examples": "Do not reduce over the first axis, and give targets the shape of the outputs.",
    "is_pure": "Draw no random numbers, and keep no memory between calls.",
    "agrees_in_both_precisions": "Cast constants to the dtype of y_pred, and clip before a logarithm.",
    "has_finite_gradients": "Clip before a logarithm, a root or a division; compute from logits where there are some.",
    "works_in_lanes": "Use functions of TensorFlow that can be vectorized, and no Python conditions on values.",
    "is_lowest_where_all_is_right": "A loss is minimized: take the negative of what is to grow.",
}
METRIC_ADVICE = {
    "applies_to_some_targets": "Take y_true and y_pred of a whole split, and return a float.",
    "is_in_its_range": "Declare the range that its values have.",
    "is_best_where_all_is_right": "Set its attribute direction to 'minimize' or 'maximize'.",
    "is_pure": "Draw no random numbers, and keep no memory between calls.",
    "does_not_depend_on_the_order": "Compute it of the set of examples, not of their sequence.",
    "does_not_depend_on_chunks": "Return means over the examples, and combine them in finish.",
}


class Contract(NamedTuple):
    """A subject and the checks that it must pass."""

    subject: Any
    checks: Sequence[Callable[[Any], None]]
    advice: Mapping[str, str]  # by name of the check


CONTRACTS: dict[str, tuple[Callable[[str], Any], Sequence[Callable[[Any], None]], Mapping[str, str]]] = {
    "dataset": (dataset_subject, DATASET_CHECKS, DATASET_ADVICE),
    "model": (model_subject, MODEL_CHECKS, MODEL_ADVICE),
    "loss": (loss_subject, LOSS_CHECKS, LOSS_ADVICE),
    "metric": (metric_subject, METRIC_CHECKS, METRIC_ADVICE),
}


class CheckResult(NamedTuple):
    """The result of one check."""

    check: str  # name of the check, in words
    requirement: str  # requirement, in a sentence
    violation: str  # observed behavior; empty if the check passed
    advice: str


@ending_well(MISUSE)
def main(words: Sequence[str] | None = None) -> None:
    """Run the command line, with the arguments of the process by default."""
    description = "Check rules, data sets, models, losses and metrics against their contracts."
    parser = ArgumentParser(prog=f"python -m {COMMAND}", description=description)
    rules = "a rule: my_package.rules.mine, a YAML file, or a name of conf/optimizer"
    parser.add_argument("subject", nargs="+", help=f"{rules}; or {', '.join(f'{kind}=...' for kind in CONTRACTS)}")
    arguments = parser.parse_args(words)
    console = HarmlessConsole(highlight=False)
    try:
        contracts = {name: contract_of(name) for name in arguments.subject}
    except OptbenchError as error:
        print_text(f"{COMMAND}: {error}", sys.stderr)
        sys.exit(MISUSE)
    sys.exit(max([check_contract(name, contract, console) for name, contract in contracts.items()]))


def contract_of(name: str) -> Contract:
    """The contract for ``name``: ``dataset=``, ``model=``, ``loss=`` or ``metric=`` and a path; otherwise, a rule.

    Raises:
        ConfigError: there is no such object.
    """
    kind, equals, subject = name.partition("=")
    if equals and kind in CONTRACTS:
        find, checks, advice = CONTRACTS[kind]
        return Contract(find(subject), checks, advice)
    return Contract(rule_subject(name), CHECKS, ADVICE)


def rule_subject(name: str) -> Subject:
    """The rule of this name, after making it once.

    Raises:
        ConfigError: there is no such function, or it does not make a rule.
    """
    subject = subject_of(rule_node(name))
    check_rule(subject.rule(), subject.make)
    return subject


def check_contract(name: str, contract: Contract, console: Console) -> int:
    """Print the results of all checks of a subject. Returns the exit code: 1 if any check fails."""
    results = [run_check(check, contract) for check in contract.checks]
    console.print(escape(name))
    for result in results:
        mark = "fails" if result.violation else "passes"
        console.print(f"  {mark:<6} {escape(result.check)}: {escape(result.requirement)}")
        if result.violation:
            console.print(f"         Observed: {escape(result.violation)}\n         Advice: {escape(result.advice)}")
    failures = sum(bool(result.violation) for result in results)
    console.print(f"  {len(results) - failures} of {len(results)} checks pass.")
    return int(failures > 0)


def run_check(check: Callable[[Any], None], contract: Contract) -> CheckResult:
    """Run one check. Any error that the subject raises counts as a failure."""
    requirement = (inspect.getdoc(check) or "").partition("\n")[0]
    try:
        with contained():
            check(contract.subject)
        violation = ""
    except (Violation, ConfigError) as error:
        violation = str(error)
    except Exception as error:  # it may raise any exception
        violation = describe_error(error)
    return CheckResult(check.__name__.replace("_", " "), requirement, violation, contract.advice[check.__name__])
