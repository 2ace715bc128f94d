"""Euclidean norms of tensors whose squares may overflow or vanish.

In float32 the square of 2e19 is infinite, and that of 1e-23 is zero. Tensors with such elements are first multiplied by
a power of two, which rounds nothing. For all others that factor is 1, so that their norms are those of the plain
formula, bit for bit.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any


class Magnitudes(NamedTuple):
    """Powers of two: the largest element is ordinary from ``low`` to ``high``, and otherwise moved by ``shift``."""

    low: float
    high: float
    shift: float


MAGNITUDES = {"float32": Magnitudes(2.0**-50, 2.0**50, 2.0**100), "float64": Magnitudes(2.0**-400, 2.0**400, 2.0**800)}


def safe_factor(tensors: Sequence[Tensor]) -> Tensor:
    """The power of two by which to multiply ``tensors`` before they are squared, a scalar; mostly 1."""
    magnitudes = MAGNITUDES[tensors[0].dtype.name]
    largest = tf.reduce_max(tf.stack([tf.reduce_max(tf.abs(t)) for t in tensors]))
    one = tf.ones_like(largest)
    is_small = largest < magnitudes.low
    return tf.where(largest > magnitudes.high, one / magnitudes.shift, tf.where(is_small, one * magnitudes.shift, one))


def sum_of_squares(tensors: Sequence[Tensor]) -> Tensor:
    """The squared Euclidean norm over all ``tensors``, a scalar."""
    return tf.add_n([tf.reduce_sum(tf.square(t)) for t in tensors])


def scale(tensors: Sequence[Tensor]) -> tuple[list[Tensor], Tensor, Tensor]:
    """``tensors`` times a power of two, the Euclidean norm over all of these, and that power, both scalars.

    The norm of the products is finite even where that of finite ``tensors`` is not.
    """
    factor = safe_factor(tensors)
    scaled = [factor * t for t in tensors]
    return scaled, tf.sqrt(sum_of_squares(scaled)), factor


def global_norm(tensors: Sequence[Tensor]) -> Tensor:
    """The Euclidean norm over all ``tensors``, a scalar."""
    _, size, factor = scale(tensors)
    return size / factor


def norm(x: Tensor) -> Tensor:
    """The Euclidean norm over all elements of a tensor, a scalar."""
    return global_norm([x])


def root_mean_square(x: Tensor) -> Tensor:
    """The root mean square over all elements of a tensor, a scalar."""
    factor = safe_factor([x])
    return tf.sqrt(tf.reduce_mean(tf.square(factor * x))) / factor
