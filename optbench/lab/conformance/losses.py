"""The contract of losses, as checks that users can run on their own losses.

for check in LOSS_CHECKS:
    check(subject)          raises Violation, with what was observed, if the loss violates the contract
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from optbench.config.build import check, make
from optbench.config.items import item_names, read_item, read_yaml
from optbench.config.parameters import TARGET, Node, unknown_name
from optbench.config.user_code import import_code
from optbench.errors import ConfigError
from optbench.lab.conformance.checks import Violation
from optbench.lab.conformance.examples import Example, examples
from optbench.lab.rules import search_working_directory
from optbench.losses.auto import CHOICES, is_auto
from optbench.losses.base import Loss, fit_loss
from optbench.problem.loss_check import check_loss

LANES = 3
LARGE = 20.0  # factor on the linear outputs of a confident model
Tensor = Any


@dataclass(frozen=True)
class LossSubject:
    """A loss under examination: its checked node."""

    node: Node

    @cached_property
    def cases(self) -> list[tuple[Example, Loss]]:
        """The examples whose targets the loss accepts, each with the loss adapted to them."""
        found, refused = [], []
        for example in examples():
            try:
                found.append((example, self._fit(example)))
            except ConfigError as error:
                refused.append(f"{example.name}: {error}")
        if not found:
            raise Violation(f"It accepts no kind of targets. {' '.join(refused)}")
        return found

    def _fit(self, example: Example) -> Loss:
        name = CHOICES[example.dataset.kind]
        node = check(read_item("loss", name), "loss") if is_auto(self.node) else self.node
        loss = make(node)
        if not isinstance(loss, Loss):
            raise ConfigError(f"{node[TARGET]} returned {type(loss).__name__}, which is not a Loss.")
        fitted = fit_loss(loss, example.dataset, example.model)
        check_loss(example.name, fitted, example.dataset, example.model, "float32")
        return fitted


def loss_subject(name: str) -> LossSubject:
    """A loss by name: an item of ``conf/loss``, a YAML file, or a dotted path.

    A dotted path is a function ``(y_true, y_pred)``, a loss class with Keras's interface, or a function without
    arguments that makes a :class:`optbench.losses.base.Loss`.

    Raises:
        ConfigError: there is no such loss.
    """
    return LossSubject(check(named_node("loss", name), "loss"))


def named_node(group: str, name: str) -> Node:
    """The unchecked node of a loss or a metric: a YAML file, a dotted path, or an item of ``conf/<group>``.

    Raises:
        ConfigError: there is no such loss or metric.
    """
    search_working_directory()
    if name.endswith(".yaml"):
        return read_yaml(Path(name))
    if "." in name:
        return node_of_code(group, name)
    if name not in item_names(group):
        raise ConfigError(unknown_name(f"`{group}={name}`", name, item_names(group)))
    return read_item(group, name)


def node_of_code(group: str, path: str) -> Node:
    """The node of a user's class, function, or function that makes an object of optbench."""
    code = import_code(group, path)
    if inspect.isclass(code):
        return {TARGET: "optbench.losses.keras.keras", "class_name": path}
    if makes_an_object(code):
        return {TARGET: path}
    folder = {"loss": "losses", "metric": "metrics"}[group]
    return {TARGET: f"optbench.{folder}.function.function", "function": path}


def makes_an_object(code: Callable[..., Any]) -> bool:
    """Whether a function can be called without arguments, like those that make a loss or a metric."""
    try:
        declared = inspect.signature(code).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in declared)


def gives_one_number_for_each_example(subject: LossSubject) -> None:
    """For some kind of targets, it returns one real number per example, with a gradient."""
    for example, loss, outputs, y in drawn(subject):
        values = loss.value(outputs, y)
        if values.shape != outputs.shape[:-1]:
            raise Violation(f"Of {example.name}, values have the shape {values.shape} for outputs {outputs.shape}.")


def does_not_mix_examples(subject: LossSubject) -> None:
    """The value of an example is the same in a batch and alone."""
    for example, loss, outputs, y in drawn(subject):
        together = np.asarray(loss.value(outputs, y))
        alone = [float(loss.value(outputs[i : i + 1], y[i : i + 1])[0]) for i in range(5)]
        compare(f"of {example.name}, alone and in a batch,", together[:5], alone)


def is_pure(subject: LossSubject) -> None:
    """The same arguments give the same values."""
    for example, loss, outputs, y in drawn(subject):
        compare(f"of {example.name}, at the second call,", loss.value(outputs, y), loss.value(outputs, y), 0.0)


def agrees_in_both_precisions(subject: LossSubject) -> None:
    """Values in float32 and float64 agree up to rounding."""
    for example, loss, outputs, y in drawn(subject):
        single = loss.value(tf.cast(outputs, "float32"), tf.cast(y, "float32") if y.dtype.is_floating else y)
        if single.dtype != tf.float32:
            raise Violation(f"For float32 outputs its values are {single.dtype.name}.")
        compare(f"of {example.name}, in float32 and float64,", loss.value(outputs, y), single, 1e-4)


def has_finite_gradients(subject: LossSubject) -> None:
    """Values and gradients are finite in float32 if a model is confident, whether it is right or wrong."""
    for example, loss, _, y in drawn(subject):
        scale = 1.0 if example.dataset.kind in ("regression", "reconstruction") else LARGE
        perfect = tf.constant(scale * example.perfect_outputs(), tf.float32)
        targets = tf.cast(y, tf.float32) if y.dtype.is_floating else y
        for outputs in (perfect, -perfect, tf.zeros_like(perfect)):
            value, gradient = with_gradient(loss, outputs, targets)
            if not (np.isfinite(value).all() and np.isfinite(gradient).all()):
                raise Violation(f"Of {example.name}, the value or its gradient is not finite for some outputs.")


def works_in_lanes(subject: LossSubject) -> None:
    """Its gradient can be computed for several runs at once, and equals that of each single run."""
    for example, loss, _, y in drawn(subject):
        lanes = tf.constant(np.stack([example.outputs(seed) for seed in range(LANES)]))

        def gradient(outputs: Tensor, loss: Loss = loss, y: Tensor = y) -> Tensor:
            return with_gradient(loss, outputs, y)[1]

        try:
            together = tf.vectorized_map(gradient, lanes, fallback_to_while_loop=False)
        except Exception as error:  # any exception of an operation's conversion
            first = str(error).strip().splitlines()[0]
            raise Violation(f"An operation cannot be converted to lanes: {first}") from None
        compare(f"of {example.name}, in lanes,", together, np.stack([gradient(lane) for lane in lanes]), 1e-6)


def is_lowest_where_all_is_right(subject: LossSubject) -> None:
    """Perfect outputs, as large logits or as the targets themselves, have a lower loss than random outputs."""
    for example, loss, _, y in drawn(subject):
        candidates = (example.outputs(), example.perfect_outputs(), example.target_outputs())
        random, *perfect = (float(tf.reduce_mean(loss.value(tf.constant(z), y))) for z in candidates)
        if not min(perfect) < random:
            found = f"perfect outputs have a loss of {min(perfect):.4g}, random ones {random:.4g}"
            raise Violation(f"Of {example.name}, {found}.")


def drawn(subject: LossSubject) -> Iterator[tuple[Example, Loss, Tensor, Tensor]]:
    """Each case with random outputs and its targets, real numbers in float64."""
    for example, loss in subject.cases:
        y = example.y.astype(np.float64) if example.y.dtype.kind == "f" else example.y
        yield example, loss, tf.constant(example.outputs()), tf.constant(y)


def with_gradient(loss: Loss, outputs: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The values of a batch, and the gradient of their sum."""
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        values = loss.value(outputs, y)
        total = tf.reduce_sum(values)
    return values, tape.gradient(total, outputs)


def compare(what: str, expected: Any, observed: Any, tolerance: float = 1e-6) -> None:
    """Raise unless two arrays are equal within ``tolerance`` of the largest number."""
    a, b = np.asarray(expected, float), np.asarray(observed, float)
    largest = max(1.0, float(np.max(np.abs(a), initial=0.0)))
    difference = float(np.max(np.abs(a - b), initial=0.0))
    if not difference <= tolerance * largest:
        raise Violation(f"Values {what} differ by {difference:.3g}.")


LOSS_CHECKS: tuple[Callable[[LossSubject], None], ...] = (
    gives_one_number_for_each_example,
    does_not_mix_examples,
    is_pure,
    agrees_in_both_precisions,
    has_finite_gradients,
    works_in_lanes,
    is_lowest_where_all_is_right,
)
