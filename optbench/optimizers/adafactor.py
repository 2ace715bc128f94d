"""Adafactor: second moments of matrices, factored into row and column averages."""

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
    root_mean_square,
    scalars,
    value_at,
)
from optbench.spec.about import About, MatrixFloats, Reference


class AdafactorState(NamedTuple):
    """State of Adafactor."""

    step: Tensor  # int32 scalar
    v: list[tuple[Tensor, ...]]  # per weight the averages over the last axis and over the one before; else all squares


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

    V of a parameter of rank 1 is an average of the parameter's shape. For higher ranks, the last two axes are factored.

    Args:
        learning_rate: α > 0, a number or a schedule.
        relative_step: use the relative step size α_t above, with α as its upper limit; otherwise α_t = α.
        decay_power: c > 0, how fast the decay β_t approaches 1.
        eps1: ε₁ > 0, added to each squared gradient.
        eps2: ε₂ > 0, lower bound of the root mean square of a parameter in α_t.
        clip: d > 0, upper bound of the root mean square of an update.

    Source: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018, algorithms 4 and
    5, with its defaults.

    Keras's ``Adafactor`` (learning rate 0.001) always uses the relative step. In PyTorch's, ε₁ is a lower bound of V
    and of the mean of R instead of a summand. Optax's has no relative step, but optional momentum. There is no weight
    decay.
    """

    def init(params: Params) -> AdafactorState:
        return AdafactorState(first_step(), [zero_averages(p) for p in params])

    def update(grads: Updates, state: AdafactorState, params: Params) -> tuple[Updates, AdafactorState]:
        c, epsilon1, epsilon2, largest = scalars(params, decay_power, eps1, eps2, clip)
        t = tf.cast(state.step + 1, c.dtype)
        new_weight = t**-c  # 1 - β_t
        alpha = value_at(learning_rate, state.step, params)
        relative = tf.minimum(alpha, tf.math.rsqrt(t))

        def equations(g: Tensor, v: tuple[Tensor, ...], x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
            squares = factored_means(tf.square(g) + epsilon1)
            v = tuple((1 - new_weight) * old + new_weight * new for old, new in zip(v, squares, strict=True))
            u = g * tf.math.rsqrt(second_moment(v))
            u = u / tf.maximum(root_mean_square(u) / largest, 1)
            size = tf.maximum(epsilon2, root_mean_square(x)) * relative if relative_step else alpha
            return -size * u, v

        updates, v = apply_equations(equations, grads, params, state.v, params)
        return updates, AdafactorState(state.step + 1, v)

    return Optimizer(init, update)


def zero_averages(p: Tensor) -> tuple[Tensor, ...]:
    """Zeros of the shapes of a parameter's averages."""
    return factored_means(tf.zeros_like(p))


def factored_means(squares: Tensor) -> tuple[Tensor, ...]:
    """For weights the means over the last axis and over the one before it; otherwise ``squares`` itself."""
    if not is_weight(squares):
        return (squares,)
    return tf.reduce_mean(squares, -1), tf.reduce_mean(squares, -2)


def second_moment(v: tuple[Tensor, ...]) -> Tensor:
    """V, of the parameter's shape, from its factors."""
    if len(v) == 1:
        return v[0]
    rows, columns = v
    return (rows / tf.reduce_mean(rows, -1, keepdims=True))[..., tf.newaxis] * columns[..., tf.newaxis, :]


ABOUT = About(
    words="second moments factored into row and column averages",
    floats=MatrixFloats(rest=1, per_side=1),
    references=[
        Reference("Keras", "Adafactor", {"learning_rate": 0.01, "epsilon_2": 0.001}),
        Reference(
            "PyTorch",
            "optim.Adafactor",
            {"lr": 0.01, "eps": [1e-30, 1e-3]},
            note="eps1 is the least that V may be, not a summand, and by default float's precision.",
        ),
        Reference(
            "Optax",
            "adafactor",
            {"learning_rate": 0.01, "min_dim_size_to_factor": 1, "multiply_by_parameter_scale": False},
            ours={"relative_step": False},
            single="Optax computes the decay of its averages in float32.",
            note="Optax has no relative step of its own, and factors sides of 128 or longer only.",
        ),
    ],
)
