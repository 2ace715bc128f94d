"""``python -m optbench.crosscheck``: the rules beside Keras's of the same name, on the same gradients.

Twice: with the same numbers, where the difference is one of conventions, and with the conventions made equal as far as
Keras's arguments allow, where nothing but rounding is left.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from optbench.parameters import TARGET, Scalar, unknown_name
from optbench.quiet import import_tensorflow
from optbench.streams import stream

Updates = list[NDArray[np.floating[Any]]]
TINY = 1e-30  # an eps too small to show, wherever it stands
AGREE = 2e-5  # of the largest update: more than rounding leaves in float32 over hundreds of steps
SIZE = 200  # gradients a step


class Side(NamedTuple):
    """A rule with its numbers."""

    rule: str  # of optbench, or a class of keras.optimizers
    numbers: Mapping[str, float]


class Pair(NamedTuple):
    """A rule and its counterpart."""

    same: tuple[Side, Side]  # ours and Keras's with the same numbers
    equal: tuple[Side, Side]  # with conventions made equal
    why: str  # what the difference of the same numbers comes from


def pair(ours: Side, theirs: Side, why: str, equal: Mapping[str, float], theirs_equal: Mapping[str, float]) -> Pair:
    """A pair whose conventions are made equal by other numbers on either side."""
    made_equal = (Side(ours.rule, {**ours.numbers, **equal}), Side(theirs.rule, {**theirs.numbers, **theirs_equal}))
    return Pair((ours, theirs), made_equal, why)


PAIRS: dict[str, Pair] = {
    "sgd": pair(
        Side("sgd", {"learning_rate": 0.1}),
        Side("SGD", {"learning_rate": 0.1}),
        "The same rule.",
        {},
        {},
    ),
    "sgdm": pair(
        Side("sgdm", {"learning_rate": 0.1, "b": 0.9}),
        Side("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
        "Keras adds the whole gradient, not 1 - b of it, and keeps the learning rate in the buffer: "
        "its learning rate is ours times 1 - b.",
        {},
        {"learning_rate": 0.1 * (1 - 0.9)},
    ),
    "momentum": pair(
        Side("momentum", {"learning_rate": 0.01, "mu": 0.9}),
        Side("SGD", {"learning_rate": 0.01, "momentum": 0.9}),
        "The same while the learning rate stays what it is: Keras keeps it in the velocity.",
        {},
        {},
    ),
    "adagrad": pair(
        Side("adagrad", {"learning_rate": 0.1, "eps": 1e-10}),
        Side("Adagrad", {"learning_rate": 0.1, "epsilon": 1e-10}),
        "Keras starts the sum of squares at 0.1, not 0, and has eps inside the root.",
        {"eps": TINY},
        {"epsilon": TINY, "initial_accumulator_value": 0.0},
    ),
    "rmsprop": pair(
        Side("rmsprop", {"learning_rate": 0.001, "b": 0.9, "eps": 1e-8}),
        Side("RMSprop", {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-8}),
        "Keras has eps inside the root.",
        {"eps": TINY},
        {"epsilon": TINY},
    ),
    "adadelta": pair(
        Side("adadelta", {"learning_rate": 1.0, "rho": 0.95, "eps": 1e-5}),
        Side("Adadelta", {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-5}),
        "The same rule. Keras's default learning rate is 0.001, not 1.",
        {},
        {},
    ),
    "adam": pair(
        Side("adam", {"learning_rate": 0.001, "b1": 0.9, "b2": 0.999, "eps": 1e-8}),
        Side("Adam", {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}),
        "Keras adds eps before v is corrected for its start, so that it weighs 1 / sqrt(1 - b2^t) times as much.",
        {"eps": TINY},
        {"epsilon": TINY},
    ),
    "adamw": pair(
        Side("adamw", {"learning_rate": 0.001, "weight_decay": 0.01, "eps": 1e-8}),
        Side("AdamW", {"learning_rate": 0.001, "weight_decay": 0.01, "epsilon": 1e-8}),
        "Keras adds eps before v is corrected, as in Adam, and decays biases and scales too.",
        {"eps": TINY},
        {"epsilon": TINY},
    ),
    "amsgrad": pair(
        Side("amsgrad", {"learning_rate": 0.001, "eps": 1e-8}),
        Side("Adam", {"learning_rate": 0.001, "epsilon": 1e-8, "amsgrad": True}),
        "Keras adds eps before v is corrected, as in Adam.",
        {"eps": TINY},
        {"epsilon": TINY},
    ),
    "adamax": pair(
        Side("adamax", {"learning_rate": 0.002, "eps": 1e-8}),
        Side("Adamax", {"learning_rate": 0.002, "epsilon": 1e-8}),
        "Keras adds eps to the largest magnitude when it divides, not to each magnitude before it is compared.",
        {"eps": TINY},
        {"epsilon": TINY},
    ),
    "nadam": pair(
        Side("nadam", {"learning_rate": 0.002, "eps": 1e-8}),
        Side("Nadam", {"learning_rate": 0.002, "epsilon": 1e-8}),
        "Keras lets the momentum grow 250 times as fast, which is a momentum_decay of 1.",
        {"eps": TINY, "momentum_decay": 1.0},
        {"epsilon": TINY},
    ),
    "lion": pair(
        Side("lion", {"learning_rate": 0.0001}),
        Side("Lion", {"learning_rate": 0.0001}),
        "The same rule. Keras decays biases and scales too.",
        {},
        {},
    ),
    "lamb": pair(
        Side("lamb", {"learning_rate": 0.001, "eps": 1e-6, "weight_decay": 0.0}),
        Side("Lamb", {"learning_rate": 0.001, "epsilon": 1e-6}),
        "The same rule. Keras takes the trust ratio of biases and scales too.",
        {},
        {},
    ),
    "ftrl": pair(
        Side("ftrl", {"learning_rate": 0.1, "beta": 1.0}),
        Side("Ftrl", {"learning_rate": 0.1, "beta": 1.0}),
        "Keras starts the sum of squares at 0.1, not 0, and has a default beta of 0.",
        {},
        {"initial_accumulator_value": 0.0},
    ),
    "adafactor": pair(
        Side("adafactor", {"learning_rate": 0.01}),
        Side("Adafactor", {"learning_rate": 0.01}),
        "The same rule.",
        {},
        {},
    ),
}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m optbench.crosscheck",
        description="Compare the rules with Keras's of the same name on the same gradients, and say what differs.",
    )
    parser.add_argument("rule", nargs="*", help=f"default: {' '.join(PAIRS)}")
    parser.add_argument("--steps", type=int, default=200, help="default: 200")
    arguments = parser.parse_args()
    for name in arguments.rule:
        if name not in PAIRS:
            parser.error(unknown_name(f"`{name}`", name, PAIRS))
    if arguments.steps < 1:
        parser.error(f"--steps must be at least 1. Received: --steps {arguments.steps}.")
    import_tensorflow()
    sys.exit(show(arguments.rule or list(PAIRS), arguments.steps, Console(highlight=False)))


def show(names: Sequence[str], steps: int, console: Console) -> int:
    """Print a row a rule; the exit code: 1 where rules differ although their conventions are equal."""
    import keras

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("rule", "Keras"):
        table.add_column(column, no_wrap=True)
    for column in ("same\nnumbers", "made\nequal"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("what differs")
    grads, largest = gradients(steps), 0.0
    for name in names:
        found = PAIRS[name]
        same, equal = difference(*found.same, grads), difference(*found.equal, grads)
        table.add_row(name, found.same[1].rule, f"{same:.1e}", f"{equal:.1e}", found.why)
        largest = max(largest, equal)
    console.print(table)
    console.print(
        f"Largest difference of an update, relative to the largest update of {steps} steps on {SIZE} gradients of all "
        f"sizes from 1e-6 to 1, in float32; Keras {keras.__version__}. Made equal: conventions that Keras has an "
        "argument for, and an eps too small to show."
    )
    if largest > AGREE:
        console.print(f"With conventions made equal, more than {AGREE:g} is a mistake in one of the two.")
    return int(largest > AGREE)


def gradients(steps: int) -> Updates:
    """Normal numbers, float32 (SIZE,) a step, each coordinate of a size of its own from 1e-6 to 1."""
    generator = stream("crosscheck")
    sizes = np.logspace(-6, 0, SIZE)
    return [(sizes * generator.normal(size=SIZE)).astype(np.float32) for _ in range(steps)]


def difference(ours: Side, theirs: Side, grads: Updates) -> float:
    """The largest difference of an update, relative to the largest update of Keras's."""
    own, librarys = updates_of(rule_of(ours), grads), updates_of(library_of(theirs), grads)
    scale = max(np.abs(u).max() for u in librarys)
    return float(max(np.abs(a - b).max() for a, b in zip(own, librarys, strict=True)) / scale)


def rule_of(side: Side) -> Any:
    """The rule of optbench."""
    from optbench.build import make

    return make({TARGET: f"optbench.optimizers.{side.rule}.{side.rule}", **side.numbers})


def library_of(side: Side) -> Any:
    """The class of Keras."""
    from optbench.optimizers.keras import keras

    keywords: dict[str, Scalar] = {name: value for name, value in side.numbers.items() if name != "learning_rate"}
    return keras(side.numbers["learning_rate"], side.rule, keywords)


def updates_of(rule: Any, grads: Updates) -> Updates:
    """The updates of each step. The parameter stands at 0 throughout, so that nothing is lost in a difference."""
    import tensorflow as tf

    params = [tf.zeros([SIZE])]
    step = tf.function(lambda g, state: rule.update([g], state, params), autograph=False)
    state, updates = rule.init(params), []
    for g in grads:
        (update,), state = step(tf.constant(g), state)
        updates.append(update.numpy())
    return updates


if __name__ == "__main__":
    main()
