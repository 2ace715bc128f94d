"""Adam: the average gradient divided by the root of the average squared gradient, both bias-corrected."""

from typing import Annotated

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    Moments,
    Optimizer,
    Params,
    Positive,
    Range,
    Search,
    Tensor,
    Updates,
    apply_equations,
    correction_factor,
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import KERAS_EPS, TINY, About, Equal, Reference


def adam(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
) -> Optimizer:
    """Adam.

    .. math::
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        v_t &= β_2 v_{t-1} + (1 - β_2) g_t^2  \\\\
        m̂_t &= m_t / (1 - β_1^t)  \\\\
        v̂_t &= v_t / (1 - β_2^t)  \\\\
        θ_t &= θ_{t-1} - α m̂_t / (\\sqrt{v̂_t} + ε)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected v̂.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1.

    The same as PyTorch's and Optax's ``Adam``. Keras's adds its eps (1e-7) before the bias correction of v, which makes
    the effective eps larger by the factor ``1 / \\sqrt{1 - β_2^t}``: 32 at the first step.
    """

    def init(params: Params) -> Moments:
        return Moments(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: Moments, params: Params) -> tuple[Updates, Moments]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon = scalars(params, b1, b2, eps)
        t = state.step + 1
        m_correction = correction_factor(beta1, t)
        v_correction = correction_factor(beta2, t)

        def equations(g: Tensor, m: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * tf.square(g)
            m_hat = m * m_correction
            v_hat = v * v_correction
            return -alpha * m_hat / (tf.sqrt(v_hat) + epsilon), m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v)
        return updates, Moments(t, m, v)

    return Optimizer(init, update)


ABOUT = About(
    words="both averages, corrected for their start",
    floats=2,
    references=[
        Reference(
            "Keras",
            "Adam",
            {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
            word="eps",
            why=KERAS_EPS,
            equal=Equal({"epsilon": TINY}, {"eps": TINY}, "eps too small to show"),
        ),
        Reference("PyTorch", "optim.Adam", {"lr": 0.001}),
        Reference("Optax", "adam", {"learning_rate": 0.001}),
    ],
)
