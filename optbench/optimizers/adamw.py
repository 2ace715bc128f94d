"""AdamW: Adam with decoupled weight decay, which does not enter the moments."""

from typing import Annotated

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    Moments,
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
from optbench.spec.about import KERAS_EPS, TINY, About, Equal, Reference


def adamw(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.01,
    decay_all: bool = False,
) -> Optimizer:
    """Adam with decoupled weight decay, multiplied by the learning rate.

    .. math::
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        v_t &= β_2 v_{t-1} + (1 - β_2) g_t^2  \\\\
        m̂_t &= m_t / (1 - β_1^t)  \\\\
        v̂_t &= v_t / (1 - β_2^t)  \\\\
        θ_t &= θ_{t-1} - α (m̂_t / (\\sqrt{v̂_t} + ε) + λ θ_{t-1})

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected v̂.
        weight_decay: λ, at least 0, of weights, multiplied by the scheduled learning rate.
        decay_all: whether biases and scales decay too.

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2; its decay is multiplied
    by the schedule's factor but not by α. The defaults are PyTorch's.

    The same as PyTorch's ``AdamW`` and Optax's ``adamw`` (λ 1e-4), which decay every parameter that they are given.
    Keras's also decays every parameter (λ 0.004) and adds its eps (1e-7) before the bias correction of v.
    """

    def init(params: Params) -> Moments:
        return Moments(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: Moments, params: Params) -> tuple[Updates, Moments]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon, rate = scalars(params, b1, b2, eps, weight_decay)
        t = state.step + 1
        m_correction, v_correction = correction_factor(beta1, t), correction_factor(beta2, t)

        def equations(g: Tensor, m: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * tf.square(g)
            m_hat = m * m_correction
            v_hat = v * v_correction
            return -alpha * (m_hat / (tf.sqrt(v_hat) + epsilon) + decay(rate, x, decay_all)), m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v, params)
        return updates, Moments(t, m, v)

    return Optimizer(init, update)


ABOUT = About(
    words="Adam, weights decay beside it",
    floats=2,
    references=[
        Reference(
            "Keras",
            "AdamW",
            {"beta_1": 0.9, "beta_2": 0.999, "learning_rate": 0.001, "weight_decay": 0.01, "epsilon": 1e-8},
            ours={"decay_all": True},
            word="eps",
            why=KERAS_EPS,
            equal=Equal({"epsilon": TINY}, {"eps": TINY}, "eps too small to show"),
            note="Decays biases and scales too.",
        ),
        Reference(
            "PyTorch",
            "optim.AdamW",
            {"lr": 0.001, "weight_decay": 0.01},
            ours={"decay_all": True},
            note="Decays every parameter that it is given.",
        ),
        Reference(
            "Optax",
            "adamw",
            {"learning_rate": 0.001, "weight_decay": 0.01},
            ours={"decay_all": True},
            note="Decays every parameter unless a mask says otherwise.",
        ),
    ],
)
