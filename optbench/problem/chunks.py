"""Compute metrics on more examples than a network can process at once."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Tensor = Any
Metrics = dict[str, Tensor]


def mean_over_chunks(metrics: Callable[[Tensor, Tensor], Metrics], x: Tensor, y: Tensor, size: int) -> Metrics:
    """The means of ``metrics`` over all examples, in chunks of at most ``size``. All examples have equal weight.

    Args:
        metrics: (x, y) -> means over the examples, each a scalar.
        x: inputs, (examples, ...), or a dict of such tensors. The number of examples must be static.
        y: targets, (examples, ...).
        size: the largest number of examples per call, at least 1. The result does not depend on it, up to rounding.
    """
    examples = y.shape[0]
    if examples <= size:
        return metrics(x, y)
    last = examples % size or size  # the shorter chunk, or a whole one if all have the same size

    def add(i: Tensor, sums: Metrics) -> tuple[Tensor, Metrics]:
        means = metrics(*tf.nest.map_structure(lambda t: part(t, i * size, size), (x, y)))
        return i + 1, {name: sums[name] + means[name] * size for name in sums}

    of_last = metrics(*tf.nest.map_structure(lambda t: t[examples - last :], (x, y)))
    sums = {name: mean * last for name, mean in of_last.items()}
    _, sums = tf.while_loop(lambda i, _: i < (examples - last) // size, add, (tf.constant(0), sums))
    return {name: total / examples for name, total in sums.items()}


def map_over_chunks(function: Callable[[Tensor], Tensor], x: Tensor, examples: int, size: int) -> Tensor:
    """Apply ``function`` to all examples in chunks of at most ``size``; (examples, ...).

    Args:
        function: x -> (examples, ...); each row depends only on its example.
        x: inputs, (examples, ...), or a dict of such tensors.
        examples: their number.
        size: at least 1.
    """
    if examples <= size:
        return function(x)
    last = examples % size or size
    of_last = function(tf.nest.map_structure(lambda t: t[examples - last :], x))
    chunks = (examples - last) // size

    def write(i: Tensor, found: Tensor) -> tuple[Tensor, Tensor]:
        of_chunk = function(tf.nest.map_structure(lambda t: part(t, i * size, size), x))
        return i + 1, tf.tensor_scatter_nd_update(found, [[i]], of_chunk[tf.newaxis])

    found = tf.zeros([chunks, size, *of_last.shape[1:]], of_last.dtype)
    _, found = tf.while_loop(lambda i, _: i < chunks, write, (tf.constant(0), found))
    return tf.concat([tf.reshape(found, [chunks * size, *of_last.shape[1:]]), of_last], axis=0)


def part(t: Tensor, start: Tensor, size: int) -> Tensor:
    """``size`` rows, a static number, from row ``start`` on."""
    rest = t.shape[1:]
    return tf.slice(t, [start, *[0] * len(rest)], [size, *rest])
