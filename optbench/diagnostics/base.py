"""The diagnosis: what is measured of the step that a run makes next, at each of its evaluation points.

    Observation of one lane ──measure──> {name: scalar}      inside a compiled function, for all lanes at once

A diagnosis reads and changes nothing: the step it looks at is made again by training.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from optbench.optimizers._norms import global_norm

Tensor = Any
Tensors = list[Tensor]


class Observation(NamedTuple):
    """One run at an evaluation point, with its next two steps. Every list has a tensor for each parameter."""

    params: Tensors
    start: Tensors  # the initial parameters
    grads: Tensors  # of the next batch, as the rule is given it
    updates: Tensors  # of the next step
    later_updates: Tensors  # of the step after
    half_grads: tuple[Tensors, Tensors] | None  # of the halves of the next batch; None if it has a single example
    batch_size: int
    layers: Sequence[str]  # of each parameter
    loss: Callable[[Tensors], Tensor]  # parameters -> regularized loss of the next batch, with the dropout of the step
    learning_rate: Tensor | None  # of the next step; None of a rule that has none
    key: Tensor  # of random numbers, uint32 (2,)


class Diagnosis(NamedTuple):
    """What is measured, and under which names of :mod:`optbench.spec.diagnostics`."""

    quantities: tuple[str, ...]
    measure: Callable[[Observation], dict[str, Tensor]]  # some of the quantities, those per layer with their layer
    per_layer: tuple[str, ...] = ()  # quantities that are measured per layer too
    every: int = 1  # about so many steps or more are between the evaluation points at which they are measured


def ratio(a: Tensor, b: Tensor) -> Tensor:
    """``a / b``, and 0 where ``b`` is 0."""
    return tf.math.divide_no_nan(a, b)


def dot(a: Tensors, b: Tensors) -> Tensor:
    """The inner product over all tensors, a scalar."""
    return tf.add_n([tf.reduce_sum(x * y) for x, y in zip(a, b, strict=True)])


def difference(a: Tensors, b: Tensors) -> Tensors:
    """``a - b``."""
    return [x - y for x, y in zip(a, b, strict=True)]


def share(conditions: Sequence[Tensor], dtype: Any) -> Tensor:
    """The share of all elements that are true, a scalar of ``dtype``."""
    count = tf.add_n([tf.reduce_sum(tf.cast(c, dtype)) for c in conditions])
    return count / float(sum(c.shape.num_elements() for c in conditions))


__all__ = [
    "Diagnosis",
    "Observation",
    "difference",
    "dot",
    "global_norm",
    "ratio",
    "share",
]
