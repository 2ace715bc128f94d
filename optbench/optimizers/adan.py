"""Adan: averages of the gradients, of their differences, and of the squares of where the two lead."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    NonNegative,
    Optimizer,
    Params,
    Positive,
    Range,
    Search,
    Tensor,
    Updates,
    apply_equations,
    correction_factor,
    decay,
    first_step,
    scalars,
    value_at,
    zeros,
)


class AdanState(NamedTuple):
    """What Adan remembers."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one of each parameter's shape
    v: list[Tensor]  # average of the differences of gradients, one of each parameter's shape
    n: list[Tensor]  # average of the squares, one of each parameter's shape
    previous: list[Tensor]  # gradient of the step before, one of each parameter's shape


def adan(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.98,
    b2: Annotated[float, Range(0, 1)] = 0.92,
    b3: Annotated[float, Range(0, 1)] = 0.99,
    eps: Annotated[float, Positive] = 1e-8,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.0,
    decay_all: bool = False,
) -> Optimizer:
    """Adan, adaptive Nesterov momentum.

    .. math::
        d_t &= g_t - g_{t-1}, \\quad d_1 = 0  \\\\
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        v_t &= β_2 v_{t-1} + (1 - β_2) d_t  \\\\
        n_t &= β_3 n_{t-1} + (1 - β_3) (g_t + β_2 d_t)^2  \\\\
        m̂_t, v̂_t, n̂_t &= m_t / (1 - β_1^t), \\; v_t / (1 - β_2^t), \\; n_t / (1 - β_3^t)  \\\\
        u_t &= α (m̂_t + β_2 v̂_t) / (\\sqrt{n̂_t} + ε)  \\\\
        θ_t &= (θ_{t-1} - u_t) / (1 + α λ)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of differences, in [0, 1).
        b3: β₃, decay of the average of squares, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected n̂.
        weight_decay: λ, at least 0, of weights, as a division after the step.
        decay_all: decay biases and scales too.

    Source: Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models", 2022,
    algorithm 1; its β are one less ours. The bias corrections and the defaults are those of its authors' code.

    Optax's ``adan`` has 1 - β₂ where this has β₂ as a factor: the paper's letters with the code's values; its ε stands
    inside the root too, and its decay is added to the update. Keras and PyTorch have none.
    """

    def init(params: Params) -> AdanState:
        return AdanState(first_step(), *(zeros(params) for _ in range(4)))

    def update(grads: Updates, state: AdanState, params: Params) -> tuple[Updates, AdanState]:
        alpha = value_at(learning_rate, state.step)
        beta1, beta2, beta3, epsilon, rate = scalars(params, b1, b2, b3, eps, weight_decay)
        t = state.step + 1
        m_correction, v_correction, n_correction = (correction_factor(beta, t) for beta in (beta1, beta2, beta3))
        known = tf.cast(state.step > 0, epsilon.dtype)  # there is a gradient of the step before

        def equations(g: Tensor, m: Tensor, v: Tensor, n: Tensor, previous: Tensor, x: Tensor) -> tuple[Tensor, ...]:
            d = known * (g - previous)
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * d
            n = beta3 * n + (1 - beta3) * tf.square(g + beta2 * d)
            u = alpha * (m * m_correction + beta2 * v * v_correction) / (tf.sqrt(n * n_correction) + epsilon)
            shrunk = decay(alpha * rate, x, decay_all)
            return -(u + shrunk) / (1 + decay(alpha * rate, tf.ones_like(x), decay_all)), m, v, n, g

        slots = (state.m, state.v, state.n, state.previous, params)
        updates, m, v, n, previous = apply_equations(equations, grads, params, *slots)
        return updates, AdanState(t, m, v, n, previous)

    return Optimizer(init, update)
