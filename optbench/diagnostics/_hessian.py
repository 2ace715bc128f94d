"""Hessian-vector products, and estimates based on them. Vectors have one element per parameter."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from optbench.random.counter import bits, element_indices, fold, normal

Tensor = Any
Product = Callable[[Tensor], Tensor]  # v -> H v, both (n,)
SMALL = {"float32": 1e-6, "float64": 1e-14}  # relative length of a remainder that is only rounding error


def flatten(tensors: list[Tensor]) -> Tensor:
    """Concatenate all elements into one vector, (n,)."""
    return tf.concat([tf.reshape(t, [-1]) for t in tensors], axis=0)


def unflatten(vector: Tensor, like: list[Tensor]) -> list[Tensor]:
    """The inverse of :func:`flatten`, with the shapes of ``like``."""
    parts = tf.split(vector, [t.shape.num_elements() for t in like])
    return [tf.reshape(part, t.shape) for part, t in zip(parts, like, strict=True)]


def size_of(params: list[Tensor]) -> int:
    """The number of parameters."""
    return sum(int(p.shape.num_elements()) for p in params)


def hessian_product(loss: Callable[[list[Tensor]], Tensor], params: list[Tensor]) -> Product:
    """The product of the Hessian of ``loss`` at ``params`` with a vector: the gradient of gᵀv."""

    def product(vector: Tensor) -> Tensor:
        directions = unflatten(vector, params)
        with tf.GradientTape() as outer:
            outer.watch(params)
            with tf.GradientTape() as inner:
                inner.watch(params)
                value = loss(params)
            grads = inner.gradient(value, params, unconnected_gradients="zero")
            slope = tf.add_n([tf.reduce_sum(g * d) for g, d in zip(grads, directions, strict=True)])
        return flatten(outer.gradient(slope, params, unconnected_gradients="zero"))

    return product


def largest_eigenvalue(product: Product, params: list[Tensor], key: Tensor, iterations: int) -> Tensor:
    """The largest eigenvalue of a symmetric matrix by the Lanczos method, a scalar.

    If the remainder of a product is only rounding error, the Krylov space of the start vector is complete, and the
    method ends: further vectors are 0, and their diagonal elements repeat the first one, which lies between the
    eigenvalues.
    """
    n, dtype = size_of(params), params[0].dtype
    count = min(iterations, n)
    small = tf.constant(SMALL[dtype.name], dtype)
    start = normal(fold(key, tf.constant(0)), [n], dtype.name)

    def step(i: Tensor, basis: Tensor, vector: Tensor, diagonal: Tensor, beside: Tensor) -> Any:
        place = tf.one_hot(i, count, dtype=dtype)
        basis += place[:, None] * vector[None, :]
        image = product(vector)
        is_going = tf.reduce_sum(tf.square(vector)) > 0.5
        on_diagonal = tf.where(is_going, tf.reduce_sum(vector * image), diagonal[0])
        rest = orthogonal(orthogonal(image, basis), basis)  # once is not sufficient (Parlett, 1980)
        length = tf.norm(rest)
        goes_on = is_going & (length > small * tf.norm(image))
        vector = tf.where(goes_on, tf.math.divide_no_nan(rest, length), tf.zeros_like(rest))
        return i + 1, basis, vector, diagonal + place * on_diagonal, beside + place * tf.where(goes_on, length, 0.0)

    empty = tf.zeros([count], dtype)
    state = (tf.constant(0), tf.zeros([count, n], dtype), start / tf.norm(start), empty, empty)
    _, _, _, diagonal, beside = tf.while_loop(lambda i, *_: i < count, step, state)
    off = tf.linalg.diag(beside[:-1], k=1) if count > 1 else tf.zeros([1, 1], dtype)
    return tf.reduce_max(tf.linalg.eigvalsh(tf.linalg.diag(diagonal) + off + tf.transpose(off)))


def orthogonal(vector: Tensor, basis: Tensor) -> Tensor:
    """``vector`` minus its projections onto the rows of ``basis``, which are orthonormal or 0."""
    return vector - tf.linalg.matvec(basis, tf.linalg.matvec(basis, vector), transpose_a=True)


def trace(product: Product, params: list[Tensor], key: Tensor, probes: int) -> Tensor:
    """Hutchinson's estimate of the trace, a scalar."""
    n, dtype = size_of(params), params[0].dtype

    def step(i: Tensor, total: Tensor) -> Any:
        signs = random_signs(fold(key, i + 1), n, dtype)
        return i + 1, total + tf.reduce_sum(signs * product(signs))

    _, total = tf.while_loop(lambda i, _: i < probes, step, (tf.constant(0), tf.zeros([], dtype)))
    return total / float(probes)


def random_signs(key: Tensor, n: int, dtype: Any) -> Tensor:
    """Random signs, -1 or 1 with equal probability, (n,)."""
    top = tf.bitwise.right_shift(bits(key, element_indices([n])), tf.constant(31, tf.uint32))
    return tf.cast(1 - 2 * tf.cast(top, tf.int32), dtype)
