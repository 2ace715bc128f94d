"""AdaBelief: Adam whose second moment measures the deviation of gradients from their average, not from zero."""

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
from optbench.spec.about import About, Reference


def adabelief(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-16,
) -> Optimizer:
    """AdaBelief.

    .. math::
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        s_t &= β_2 s_{t-1} + (1 - β_2) (g_t - m_t)^2 + ε  \\\\
        m̂_t &= m_t / (1 - β_1^t)  \\\\
        ŝ_t &= s_t / (1 - β_2^t)  \\\\
        θ_t &= θ_{t-1} - α m̂_t / (\\sqrt{ŝ_t} + ε)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared deviations, in [0, 1).
        eps: ε > 0, added to s at each step, so that it accumulates, and added again outside the root.

    Source: Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients", 2020,
    algorithm 2. The defaults are those of its authors' code; the paper has ε = 1e-8.

    The same as Optax's ``adabelief``, which has a separate argument for each position of ε. Keras and PyTorch have no
    such rule. There is no weight decay.
    """

    def init(params: Params) -> Moments:
        return Moments(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: Moments, params: Params) -> tuple[Updates, Moments]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon = scalars(params, b1, b2, eps)
        t = state.step + 1
        m_correction, s_correction = correction_factor(beta1, t), correction_factor(beta2, t)

        def equations(g: Tensor, m: Tensor, s: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            s = beta2 * s + (1 - beta2) * tf.square(g - m) + epsilon
            m_hat = m * m_correction
            s_hat = s * s_correction
            return -alpha * m_hat / (tf.sqrt(s_hat) + epsilon), m, s

        updates, m, s = apply_equations(equations, grads, params, state.m, state.v)
        return updates, Moments(t, m, s)

    return Optimizer(init, update)


ABOUT = About(
    words="Adam over gradients' distance from their average",
    floats=2,
    references=[
        Reference("Optax", "adabelief", {"learning_rate": 0.001}),
        Reference("pytorch-optimizer", "AdaBelief", {"lr": 0.001}),
    ],
)
