"""Adafactor: of a matrix's squared gradients only the means of rows and columns are remembered."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    Optimizer,
    Params,
    Positive,
    Search,
    Tensor,
    Updates,
    apply_equations,
    first_step,
    is_weight,
    scalars,
    value_at,
)


class AdafactorState(NamedTuple):
    """What Adafactor remembers."""

    step: Tensor  # int32 scalar
    v: list[
        tuple[Tensor, ...]
    ]  # of weights averages over the last axis and over the one before; else one of all squares


def adafactor(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.01,
    relative_step: bool = True,
    decay_power: Annotated[float, Positive] = 0.8,
    eps1: Annotated[float, Positive] = 1e-30,
    eps2: Annotated[float, Positive] = 1e-3,
    clip: Annotated[float, Positive] = 1.0,
) -> Optimizer:
    """Adafactor, without momentum.

    .. math::
        β_t &= 1 - t^{-c}  \\\\
        R_t &= β_t R_{t-1} + (1 - β_t) \\, \\mathrm{mean}_{columns}(G_t^2 + ε_1)  \\\\
        C_t &= β_t C_{t-1} + (1 - β_t) \\, \\mathrm{mean}_{rows}(G_t^2 + ε_1)  \\\\
        V_t &= R_t C_t / \\mathrm{mean}(R_t)  \\\\
        U_t &= G_t / \\sqrt{V_t}  \\\\
        Û_t &= U_t / \\max(1, \\mathrm{RMS}(U_t) / d)  \\\\
        α_t &= \\max(ε_2, \\mathrm{RMS}(X_{t-1})) \\min(α, 1 / \\sqrt{t})  &\\quad \\text{relative; else α}  \\\\
        X_t &= X_{t-1} - α_t Û_t

    A parameter of rank 1 has V as one average of its own shape. Of higher ranks the last two axes are factored.

    Args:
        learning_rate: α > 0, a number or a schedule.
        relative_step: the rule's own step: a share of the parameter's size that shrinks, α at most.
        decay_power: c > 0, how fast the average lengthens.
        eps1: ε₁ > 0, added to each square.
        eps2: ε₂ > 0, the least size that a parameter is taken to have.
        clip: d > 0, the largest root mean square of an update.

    Source: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018, algorithms 4
    and 5, with its defaults.

    Keras's ``Adafactor`` (learning rate 0.001) takes the relative step always. PyTorch's has ε₁ as a least value of V
    and of the mean of R, not as a summand. Optax's has no relative step of its own and momentum if asked for.
    There is no decay of weights.
    """

    def init(params: Params) -> AdafactorState:
        return AdafactorState(first_step(), [empty_averages(p) for p in params])

    def update(grads: Updates, state: AdafactorState, params: Params) -> tuple[Updates, AdafactorState]:
        c, epsilon1, epsilon2, largest = scalars(params, decay_power, eps1, eps2, clip)
        t = tf.cast(state.step + 1, c.dtype)
        take = t**-c
        alpha = tf.cast(value_at(learning_rate, state.step), c.dtype)
        relative = tf.minimum(alpha, tf.math.rsqrt(t))

        def equations(g: Tensor, v: tuple[Tensor, ...], x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
            seen = averaged_squares(tf.square(g) + epsilon1)
            v = tuple((1 - take) * old + take * new for old, new in zip(v, seen, strict=True))
            u = g * tf.math.rsqrt(product(v))
            u = u / tf.maximum(root_mean_square(u) / largest, 1)
            size = tf.maximum(epsilon2, root_mean_square(x)) * relative if relative_step else alpha
            return -size * u, v

        updates, v = apply_equations(equations, grads, params, state.v, params)
        return updates, AdafactorState(state.step + 1, v)

    return Optimizer(init, update)


def empty_averages(p: Tensor) -> tuple[Tensor, ...]:
    """Zeros where the averages of a parameter will stand."""
    return averaged_squares(tf.zeros_like(p))


def averaged_squares(squares: Tensor) -> tuple[Tensor, ...]:
    """Of weights the means over the last axis, and over the one before it; else all squares."""
    if not is_weight(squares):
        return (squares,)
    return tf.reduce_mean(squares, -1), tf.reduce_mean(squares, -2)


def product(v: tuple[Tensor, ...]) -> Tensor:
    """The squares that the averages stand for, of the parameter's shape."""
    if len(v) == 1:
        return v[0]
    rows, columns = v
    return (rows / tf.reduce_mean(rows, -1, keepdims=True))[..., tf.newaxis] * columns[..., tf.newaxis, :]


def root_mean_square(x: Tensor) -> Tensor:
    """The root of the mean of the squares, a scalar."""
    return tf.sqrt(tf.reduce_mean(tf.square(x)))
