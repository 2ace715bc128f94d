"""The type of a diagnosis: quantities of the next step of a run, computed at its evaluation points.

    Observation of one lane ──measure──> {name: scalar}      inside a compiled function, for all lanes at once

A diagnosis does not affect training, which computes the observed step again.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from optbench.optimizers._norms import global_norm

Tensor = Any
Tensors = list[Tensor]


class Observation(NamedTuple):
    """One run at an evaluation point, with its next two steps. Every list has one tensor per parameter."""

    params: Tensors
    start: Tensors  # the initial parameters
    grads: Tensors  # of the next batch, as the rule receives it
    updates: Tensors  # of the next step
    later_updates: Tensors  # of the step after
    half_grads: tuple[Tensors, Tensors] | None  # of the halves of the next batch; None for a single example
    batch_size: int
    layers: Sequence[str]  # of each parameter
    loss: Callable[[Tensors], Tensor]  # parameters -> regularized loss of the next batch, with the dropout of the step
    learning_rate: Tensor | None  # of the next step; None for a rule without learning rate
    key: Tensor  # of random numbers, uint32 (2,)


class Diagnosis(NamedTuple):
    """The quantities to measure, and their names in :mod:`optbench.spec.diagnostics`."""

    quantities: tuple[str, ...]
    measure: Callable[[Observation], dict[str, Tensor]]  # names of the quantities; those per layer include the layer
    per_layer: tuple[str, ...] = ()  # quantities that are also measured per layer
    every: int = 1  # approximate minimum number of steps between the evaluation points at which they are measured


def ratio(a: Tensor, b: Tensor) -> Tensor:
    """``a / b``, or 0 if ``b`` is 0."""
    return tf.math.divide_no_nan(a, b)


def dot(a: Tensors, b: Tensors) -> Tensor:
    """The inner product over all tensors, a scalar."""
    return tf.add_n([tf.reduce_sum(x * y) for x, y in zip(a, b, strict=True)])


def difference(a: Tensors, b: Tensors) -> Tensors:
    """``a - b``."""
    return [x - y for x, y in zip(a, b, strict=True)]


def share(conditions: Sequence[Tensor], dtype: Any) -> Tensor:
    """The fraction of elements that are true, a scalar of ``dtype``."""
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
