"""Matrix helpers of Muon, Shampoo and SOAP: flattened weights, orthogonal factors, inverse roots, eigenbases.

A weight is a matrix with two sides, its rows and its columns. :class:`Sides` holds one square matrix per side. The
matrix of a side that is too long is empty, of shape (0, 0).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any
ROOT_STEPS = 30  # steps of Newton's iteration, enough to converge for condition numbers up to 1e8


class Sides(NamedTuple):
    """Two square matrices, one for the rows of a weight and one for its columns; an unused side has shape (0, 0)."""

    rows: Tensor
    columns: Tensor


def flatten_to_matrix(x: Tensor) -> Tensor:
    """Flatten all axes of a weight but the last; the last axis becomes the columns."""
    return tf.reshape(x, [-1, x.shape[-1]])


def orthogonalize(x: Tensor, coefficients: Sequence[Tensor], steps: int, eps: Tensor) -> Tensor:
    """Bring the singular values of the matrix ``x`` close to one with the fifth-order Newton-Schulz iteration."""
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    x = tf.transpose(x) if tall else x  # so that the products have the size of the shorter side
    x = x / (tf.sqrt(tf.reduce_sum(tf.square(x))) + eps)
    for _ in range(steps):
        square = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * square + c * tf.matmul(square, square), x)
    return tf.transpose(x) if tall else x


def zero_gram_matrices(matrix: Tensor, largest: int) -> Sides:
    """Zeros of the shapes that :func:`gram_matrices` returns."""
    return gram_matrices(tf.zeros_like(matrix), largest)


def gram_matrices(g: Tensor, largest: int) -> Sides:
    """``G Gᵀ`` for the rows and ``Gᵀ G`` for the columns; a side longer than ``largest`` is unused."""
    unused = tf.zeros([0, 0], g.dtype)
    rows, columns = (side <= largest for side in g.shape)
    return Sides(
        tf.matmul(g, g, transpose_b=True) if rows else unused, tf.matmul(g, g, transpose_a=True) if columns else unused
    )


def is_used(side: Tensor) -> bool:
    """Whether a side has a matrix, that is, is not too long."""
    return bool(side.shape[0] > 0)


def multiply_sides(sides: Sides, x: Tensor) -> Tensor:
    """``rows · x · columnsᵀ``, without the factor of an unused side."""
    x = tf.matmul(sides.rows, x) if is_used(sides.rows) else x
    return tf.matmul(x, sides.columns, transpose_b=True) if is_used(sides.columns) else x


def rotate(bases: Sides, x: Tensor) -> Tensor:
    """``rowsᵀ · x · columns``: ``x`` in the given orthogonal bases; :func:`multiply_sides` is the inverse."""
    return multiply_sides(Sides(*(tf.transpose(basis) for basis in bases)), x)


def inverse_roots(sides: Sides, ridge: Tensor) -> Sides:
    """The power -1/4 of both sides, or -1/2 of one if the other is unused; see :func:`inverse_root` for ``ridge``."""
    power = 2 * sum(is_used(side) for side in sides)
    return Sides(*(inverse_root(side, power, ridge) if is_used(side) else side for side in sides))


def inverse_root(a: Tensor, power: int, ridge: Tensor) -> Tensor:
    """``(A + ridge ‖A‖ I)^(-1/power)`` of a symmetric positive semidefinite matrix; I if A is zero.

    Newton's coupled iteration needs matrix products only, which XLA computes faster than an eigendecomposition.
    """
    identity = tf.eye(a.shape[0], dtype=a.dtype)
    size = tf.sqrt(tf.reduce_sum(tf.square(a)))
    a = tf.where(size > 0, a + ridge * size * identity, identity)
    scale = (1 + power) / 2 / tf.sqrt(tf.reduce_sum(tf.square(a)))

    def body(i: Tensor, m: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        factor = ((power + 1) * identity - m) / power
        factor_to_power = factor
        for _ in range(power // 2):
            factor_to_power = tf.matmul(factor_to_power, factor_to_power)
        return i + 1, tf.matmul(factor_to_power, m), tf.matmul(h, factor)

    start = (tf.constant(0), scale * a, scale ** (1 / power) * identity)
    return tf.while_loop(lambda i, m, h: i < ROOT_STEPS, body, start)[2]


def eigenvectors(sides: Sides) -> Sides:
    """The eigenvectors of both sides, as columns."""
    return Sides(*(tf.linalg.eigh(side)[1] if is_used(side) else side for side in sides))


def power_iteration(sides: Sides, bases: Sides) -> Sides:
    """One step of the power iteration from ``bases``, orthogonalized by a QR decomposition."""
    pairs = zip(sides, bases, strict=True)
    return Sides(*(tf.linalg.qr(tf.matmul(s, q))[0] if is_used(s) else q for s, q in pairs))
