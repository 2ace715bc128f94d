"""Adan: averages of the gradients, of their differences, and of the squares of a combination of both."""

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
from optbench.spec.about import About, Equal, Reference


class AdanState(NamedTuple):
    """State of Adan."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one tensor per parameter
    v: list[Tensor]  # average of the differences of gradients, one tensor per parameter
    n: list[Tensor]  # average of (g + β₂ d)², one tensor per parameter
    previous: list[Tensor]  # gradient of the previous step, one tensor per parameter


def adan(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.98,
    b2: Annotated[float, Range(0, 1)] = 0.92,
    b3: Annotated[float, Range(0, 1)] = 0.99,
    eps: Annotated[float, Positive] = 1e-8,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.0,
    decay_all: bool = False,
) -> Optimizer:
    """Adan, the adaptive Nesterov momentum algorithm.

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
        b2: β₂, decay of the average of gradient differences, in [0, 1).
        b3: β₃, decay of the average of squares, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected n̂.
        weight_decay: λ, at least 0, of weights; the parameter is divided by 1 + α λ after the step.
        decay_all: whether biases and scales decay too.

    Source: Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models", 2022, algorithm
    1; each β of the paper is 1 - β here. The bias corrections and the defaults are those of its authors' code.

    Optax's ``adan`` has the factor 1 - β₂ where this rule has β₂: it combines the paper's formula with the values of
    the code. It also has ε inside the root and adds the decay to the update. Keras and PyTorch have no such rule.
    """

    def init(params: Params) -> AdanState:
        return AdanState(first_step(), *(zeros(params) for _ in range(4)))

    def update(grads: Updates, state: AdanState, params: Params) -> tuple[Updates, AdanState]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, beta3, epsilon, rate = scalars(params, b1, b2, b3, eps, weight_decay)
        t = state.step + 1
        m_correction, v_correction, n_correction = (correction_factor(beta, t) for beta in (beta1, beta2, beta3))
        has_previous = tf.cast(state.step > 0, epsilon.dtype)  # 0 in the first step, 1 afterwards

        def equations(g: Tensor, m: Tensor, v: Tensor, n: Tensor, previous: Tensor, x: Tensor) -> tuple[Tensor, ...]:
            d = has_previous * (g - previous)
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * d
            n = beta3 * n + (1 - beta3) * tf.square(g + beta2 * d)
            u = alpha * (m * m_correction + beta2 * v * v_correction) / (tf.sqrt(n * n_correction) + epsilon)
            shrinkage = decay(alpha * rate, x, decay_all)
            return -(u + shrinkage) / (1 + decay(alpha * rate, tf.ones_like(x), decay_all)), m, v, n, g

        slots = (state.m, state.v, state.n, state.previous, params)
        updates, m, v, n, previous = apply_equations(equations, grads, params, *slots)
        return updates, AdanState(t, m, v, n, previous)

    return Optimizer(init, update)


ABOUT = About(
    words="averages of gradients and of their differences",
    floats=4,
    references=[
        Reference(
            "Optax",
            "adan",
            {"learning_rate": 0.001, "eps_root": 0.0},
            word="1 - b2 for b2",
            why="Optax weighs differences by 1 - b2 where this rule and its authors' code have b2: the paper's letters "
            "with the code's values.",
            equal=Equal({"b2": 0.5}, {"b2": 0.5}, "b2 0.5, which is its own rest"),
            note="Optax has eps inside the root too, and adds its decay to the update.",
        ),
        Reference(
            "pytorch-optimizer",
            "Adan",
            {"lr": 0.001, "weight_decay": 0.02},
            ours={"weight_decay": 0.02, "decay_all": True},
            note="Decays everything.",
        ),
    ],
)
