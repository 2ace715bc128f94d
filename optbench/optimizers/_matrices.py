"""Matrices as the rules of curvature need them: flattened weights, orthogonal factors, inverse roots, eigenbases.

A weight has two sides, and what belongs to
a side stands in :class:`Sides`; of a side that is too long there is nothing, a tensor without numbers.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any
ROOT_STEPS = 30  # of Newton's iteration: it has converged for condition numbers up to 1e8


class Sides(NamedTuple):
    """A square matrix for the rows of a weight and one for its columns; (0, 0) where a side has none."""

    rows: Tensor
    columns: Tensor


def flat(x: Tensor) -> Tensor:
    """A weight as a matrix: its last axis are the columns."""
    return tf.reshape(x, [-1, x.shape[-1]])


def orthogonalized(x: Tensor, coefficients: Sequence[Tensor], steps: int, eps: Tensor) -> Tensor:
    """The matrix ``x`` with its singular values near one, by Newton and Schulz's iteration of the fifth order."""
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    x = tf.transpose(x) if tall else x  # the products are of the shorter side
    x = x / (tf.sqrt(tf.reduce_sum(tf.square(x))) + eps)
    for _ in range(steps):
        square = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * square + c * tf.matmul(square, square), x)
    return tf.transpose(x) if tall else x


def empty_sides(matrix: Tensor, largest: int) -> Sides:
    """Zeros for both sides of a matrix."""
    return products(tf.zeros_like(matrix), largest)


def products(g: Tensor, largest: int) -> Sides:
    """``G Gᵀ`` and ``Gᵀ G``, of sides up to ``largest``."""
    none = tf.zeros([0, 0], g.dtype)
    rows, columns = (side <= largest for side in g.shape)
    return Sides(
        tf.matmul(g, g, transpose_b=True) if rows else none, tf.matmul(g, g, transpose_a=True) if columns else none
    )


def has_numbers(side: Tensor) -> bool:
    """Whether there is anything for a side."""
    return bool(side.shape[0] > 0)


def between(sides: Sides, x: Tensor) -> Tensor:
    """``rows · x · columnsᵀ``, a side that has none left out."""
    x = tf.matmul(sides.rows, x) if has_numbers(sides.rows) else x
    return tf.matmul(x, sides.columns, transpose_b=True) if has_numbers(sides.columns) else x


def turned(bases: Sides, x: Tensor) -> Tensor:
    """``rowsᵀ · x · columns``: x in the bases."""
    return between(Sides(*(tf.transpose(basis) for basis in bases)), x)


def inverse_roots(sides: Sides, ridge: Tensor) -> Sides:
    """The power -1/4 of both sides, or -1/2 of the only one, each with ``ridge`` times its norm on the diagonal."""
    power = 2 * sum(has_numbers(side) for side in sides)
    return Sides(*(inverse_root(side, power, ridge) if has_numbers(side) else side for side in sides))


def inverse_root(a: Tensor, power: int, ridge: Tensor) -> Tensor:
    """``(A + ridge ‖A‖ I)^(-1/power)`` of a symmetric matrix with no negative eigenvalue; I where A is zero.

    Newton's coupled iteration: matrix products alone, which XLA does faster than an eigendecomposition.
    """
    one = tf.eye(a.shape[0], dtype=a.dtype)
    size = tf.sqrt(tf.reduce_sum(tf.square(a)))
    a = tf.where(size > 0, a + ridge * size * one, one)
    scale = (1 + power) / 2 / tf.sqrt(tf.reduce_sum(tf.square(a)))

    def body(i: Tensor, m: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        factor = ((power + 1) * one - m) / power
        grown = factor
        for _ in range(power // 2):
            grown = tf.matmul(grown, grown)
        return i + 1, tf.matmul(grown, m), tf.matmul(h, factor)

    start = (tf.constant(0), scale * a, scale ** (1 / power) * one)
    return tf.while_loop(lambda i, m, h: i < ROOT_STEPS, body, start)[2]


def eigenvectors(sides: Sides) -> Sides:
    """The eigenvectors of both sides, a column each."""
    return Sides(*(tf.linalg.eigh(side)[1] if has_numbers(side) else side for side in sides))


def power_iterated(sides: Sides, bases: Sides) -> Sides:
    """One step of the power iteration from the bases on, made orthogonal again."""
    pairs = zip(sides, bases, strict=True)
    return Sides(*(tf.linalg.qr(tf.matmul(s, q))[0] if has_numbers(s) else q for s, q in pairs))
