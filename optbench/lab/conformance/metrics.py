"""The contract of metrics, as checks that users can run on their own metrics.

for check in METRIC_CHECKS:
    check(subject)          raises Violation, with what was observed, if the metric violates the contract
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from optbench.config.build import check, make
from optbench.config.items import read_item
from optbench.config.parameters import TARGET, Node
from optbench.errors import ConfigError
from optbench.lab.conformance.checks import Violation
from optbench.lab.conformance.examples import EXAMPLES, Array, Example, examples
from optbench.lab.conformance.losses import named_node
from optbench.losses.auto import CHOICES
from optbench.losses.base import Loss, fit_loss
from optbench.metrics.base import Measure, Metric, predictions_of, targets_of
from optbench.problem.chunks import mean_over_chunks

CHUNK = 17  # examples at a time; does not divide their number
CLOSE = 1e-6


@dataclass(frozen=True)
class MetricCase:
    """A metric on one kind of targets."""

    example: Example
    loss: Loss
    measure: Measure

    def value(self, outputs: Array, y: Array | None = None, chunk: int = EXAMPLES) -> float:
        """The metric for linear outputs, (examples, outputs)."""
        y = self.example.y if y is None else y
        if self.measure.whole is not None:
            scores = np.asarray(self.loss.scores(tf.constant(outputs)))
            return float(
                self.measure.whole(targets_of(y, self.example.dataset), predictions_of(scores, self.example.dataset))
            )
        targets = tf.constant(y.astype(np.float64) if y.dtype.kind == "f" else y)
        mean = self.measure.mean
        assert mean is not None  # a measure has one of the two
        means = mean_over_chunks(lambda o, t: {"mean": mean(o, t)}, tf.constant(outputs), targets, chunk)
        return float(self.measure.finish(means["mean"], targets))


@dataclass(frozen=True)
class MetricSubject:
    """A metric under examination: its checked node."""

    node: Node

    @cached_property
    def metric(self) -> Metric:
        """The metric, made once."""
        metric = make(self.node)
        if not isinstance(metric, Metric):
            raise Violation(f"{self.node[TARGET]} returned {type(metric).__name__}, which is not a Metric.")
        return metric

    @cached_property
    def cases(self) -> list[MetricCase]:
        """The metric on each kind of targets to which it applies."""
        found, refused = [], []
        for example in with_targets(examples()):
            loss = fit_loss(
                make(check(read_item("loss", CHOICES[example.dataset.kind]), "loss")), example.dataset, example.model
            )
            try:
                measure = self.metric.fit(example.dataset, example.model, loss)
                case = MetricCase(example, loss, measure)
                case.value(example.outputs())
                found.append(case)
            except ConfigError as error:
                refused.append(f"{example.name}: {error}")
        if not found:
            raise Violation(f"It applies to no kind of targets. {' '.join(refused)}")
        return found


def with_targets(every: list[Example]) -> list[Example]:
    """The examples to which a metric may apply: those with targets besides their inputs."""
    return [example for example in every if example.dataset.kind != "reconstruction"]


def metric_subject(name: str) -> MetricSubject:
    """A metric by name: an item of ``conf/metric``, a YAML file, or a dotted path.

    A dotted path is a function ``(y_true, y_pred)``, or a function without arguments that makes a
    :class:`optbench.metrics.base.Metric`.

    Raises:
        ConfigError: there is no such metric.
    """
    node = named_node("metric", name)
    if name == "top_k":
        node = node | {"k": 2}  # of three classes
    return MetricSubject(check(node, "metric"))


def applies_to_some_targets(subject: MetricSubject) -> None:
    """It returns a number for some kind of targets."""
    for case in subject.cases:
        value = case.value(case.example.outputs())
        if math.isnan(value):
            raise Violation(f"Of {case.example.name}, random predictions have no value: it is NaN.")


def is_in_its_range(subject: MetricSubject) -> None:
    """Its values are in the range that it declares."""
    _, low, high = subject.metric.range
    for case in subject.cases:
        for outputs in (case.example.outputs(), case.example.perfect_outputs(), -case.example.perfect_outputs()):
            value = case.value(outputs)
            if not low - CLOSE <= value <= high + CLOSE:
                raise Violation(f"Of {case.example.name}, it is {value:.6g}, outside [{low:g}, {high:g}].")


def is_best_where_all_is_right(subject: MetricSubject) -> None:
    """Perfect predictions are at least as good as random ones, in the declared direction."""
    direction = subject.metric.range.direction
    for case in subject.cases:
        perfect, random = case.value(case.example.perfect_outputs()), case.value(case.example.outputs())
        if (perfect > random + CLOSE) if direction == "minimize" else (perfect < random - CLOSE):
            raise Violation(
                f"It says {direction}, and of {case.example.name} perfect predictions have {perfect:.4g}, random ones "
                f"{random:.4g}."
            )


def is_pure(subject: MetricSubject) -> None:
    """The same predictions give the same value."""
    for case in subject.cases:
        first, second = (case.value(case.example.outputs()) for _ in range(2))
        if first != second:
            raise Violation(f"Of {case.example.name}, it was {first:.6g} and is {second:.6g} at the second call.")


def does_not_depend_on_the_order(subject: MetricSubject) -> None:
    """The order of examples does not change the value."""
    order = np.random.default_rng(2).permutation(EXAMPLES)
    for case in subject.cases:
        outputs, y = case.example.outputs(), case.example.y
        expected, found = case.value(outputs), case.value(outputs[order], y[order])
        if abs(expected - found) > CLOSE * max(1.0, abs(expected)):
            raise Violation(f"Of {case.example.name}, it is {expected:.6g}, and {found:.6g} in another order.")


def does_not_depend_on_chunks(subject: MetricSubject) -> None:
    """Computing in chunks gives the same value as computing all examples at once."""
    for case in subject.cases:
        outputs = case.example.outputs()
        expected, found = case.value(outputs), case.value(outputs, chunk=CHUNK)
        if abs(expected - found) > CLOSE * max(1.0, abs(expected)):
            raise Violation(f"Of {case.example.name}, it is {expected:.6g}, and {found:.6g} in chunks.")


METRIC_CHECKS: tuple[Callable[[MetricSubject], None], ...] = (
    applies_to_some_targets,
    is_in_its_range,
    is_best_where_all_is_right,
    is_pure,
    does_not_depend_on_the_order,
    does_not_depend_on_chunks,
)
