"""Matrix helpers of Muon, Shampoo and SOAP: flattened weights, orthogonal factors, inverse roots, eigenbases.

A weight is a matrix with two sides, its rows and its columns. :class:`Sides` holds one square matrix per side. The
matrix of a side that is too long is empty, of shape (0, 0).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from optbench.optimizers._norms import norm, scale

Tensor = Any
POLAR_EXPRESS = (  # of X, X Xᵀ X and (X Xᵀ)² X: optimal for singular values from 0.001 to 1, step by step
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
    (2.300652019954817, -1.6689039845747493, 0.4188073119525673),
    (1.891301407787398, -1.2679958271945868, 0.37680408948524835),
    (1.8750014808534479, -1.2500016453999487, 0.3750001645474248),
    (1.875, -1.25, 0.375),
)
MARGIN = 1.01
ROOT_STEPS = 40  # most steps of Newton's iteration for a root; 13 are needed at a condition number of 1e6
SHRINK = 0.6  # lower bound of (a - b) / a in a step of it; a smaller one amplifies rounding errors


class Sides(NamedTuple):
    """Two square matrices, one for the rows of a weight and one for its columns; an unused side has shape (0, 0)."""

    rows: Tensor
    columns: Tensor


def flatten_to_matrix(x: Tensor) -> Tensor:
    """Flatten all axes of a weight but the last; the last axis becomes the columns."""
    return tf.reshape(x, [-1, x.shape[-1]])


def orthogonalize(x: Tensor, coefficients: Sequence[Sequence[Tensor]], eps: Tensor, margin: float = 1.0) -> Tensor:
    """Bring the singular values of the matrix ``x`` close to one with fifth-order Newton-Schulz steps.

    Args:
        x: the matrix.
        coefficients: of X, X Xᵀ X and (X Xᵀ)² X, for each step.
        eps: added to the Frobenius norm.
        margin: a factor of the Frobenius norm, at least 1.
    """
    tall = x.shape[0] > x.shape[1]
    x = tf.transpose(x) if tall else x  # so that the products have the size of the shorter side
    (x,), size, factor = scale([x])
    x = x / (margin * size + eps * factor)
    for a, b, c in coefficients:
        square = tf.matmul(x, x, transpose_b=True)
        x = a * x + tf.matmul(b * square + c * tf.matmul(square, square), x)
    return tf.transpose(x) if tall else x


def polar_express_steps(steps: int) -> list[tuple[float, float, float]]:
    """The coefficients of the first ``steps`` steps of Polar Express; later steps repeat the last.

    All but the last are divided by powers of the margin, so that rounding does not leave the interval for which they
    are optimal. Source: Amsel, Persson, Musco and Gower, "The Polar Express", 2025, algorithm 1.
    """
    shrunk = [(a / MARGIN, b / MARGIN**3, c / MARGIN**5) for a, b, c in POLAR_EXPRESS[:-1]]
    return [*shrunk, *[POLAR_EXPRESS[-1]] * max(1, steps - len(shrunk))][:steps]


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

    Newton's coupled iteration needs matrix products only, which XLA computes faster than an eigendecomposition. It
    multiplies the matrix by powers of F = a I - b M until it is the identity: :math:`M_{k+1} = F^p M_k` and
    :math:`H_{k+1} = H_k F`, where p is ``power``. With :func:`newton_factors`, small eigenvalues grow faster than with
    Newton's own a = (p + 1) / p and b = 1 / p, so that 13 steps do the work of 20.

    Source: Anil et al., "Scalable Second Order Optimization for Deep Learning", 2020, for the iteration.
    """
    identity = tf.eye(a.shape[0], dtype=a.dtype)
    size = norm(a)
    a = tf.where(size > 0, a + ridge * size * identity, identity)
    largest = norm(a)
    precision = tf.constant(np.finfo(a.dtype.as_numpy_dtype).eps, a.dtype)

    def goes_on(i: Tensor, lowest: Tensor, m: Tensor, h: Tensor) -> Tensor:
        return (i < ROOT_STEPS) & (tf.reduce_max(tf.abs(m - identity)) > tf.sqrt(precision) / 4)

    def body(i: Tensor, lowest: Tensor, m: Tensor, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        of_identity, of_m = newton_factors(lowest, power)
        factor = of_identity * identity - of_m * m
        factor_to_power = factor
        for _ in range(power // 2):
            factor_to_power = tf.matmul(factor_to_power, factor_to_power)
        lowest = lowest * (of_identity - of_m * lowest) ** power
        return i + 1, lowest, tf.matmul(factor_to_power, m), tf.matmul(h, factor)

    lowest = tf.maximum(ridge * size / largest, precision)
    start = (tf.constant(0), lowest, a / largest, largest ** (-1 / power) * identity)
    _, _, m, h = tf.while_loop(goes_on, body, start)
    return tf.matmul(h, ((power + 1) * identity - m) / power)  # the last step, from half of the digits to all


def newton_factors(lowest: Tensor, power: int) -> tuple[Tensor, Tensor]:
    """The numbers a and b of a step of Newton's iteration, for eigenvalues x of M from ``lowest`` to 1.

    They become :math:`x (a - b x)^p`, whose maximum over x > 0 is 1. An eigenvalue of 1 becomes as small as the lowest
    one, but (a - b) / a is at least ``SHRINK``. For ``lowest`` close to 1 the factors are Newton's own.
    """
    ratio = tf.maximum(1 - tf.maximum(lowest ** (1 / power), SHRINK), 1 / (power + 1))  # b / a
    of_identity = (power + 1) / power * ((power + 1) * ratio) ** (1 / power)
    return of_identity, of_identity * ratio


def eigenvectors(sides: Sides) -> Sides:
    """The eigenvectors of both sides, as columns; those of the identity for a side that is not finite."""
    return Sides(*(tf.linalg.eigh(finite_or_identity(side))[1] if is_used(side) else side for side in sides))


def finite_or_identity(side: Tensor) -> Tensor:
    """``side``, or the identity in its place if it is not finite: decompositions would raise errors."""
    return tf.where(tf.reduce_all(tf.math.is_finite(side)), side, tf.eye(side.shape[0], dtype=side.dtype))


def power_iteration(sides: Sides, bases: Sides) -> Sides:
    """One step of the power iteration from ``bases``, orthogonalized by a QR decomposition."""
    pairs = zip(sides, bases, strict=True)
    return Sides(*(tf.linalg.qr(finite_or_identity(tf.matmul(s, q)))[0] if is_used(s) else q for s, q in pairs))
