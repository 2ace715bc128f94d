"""AMSGrad: Adam with a second moment that never decreases."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
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


class AMSGradState(NamedTuple):
    """State of AMSGrad."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one tensor per parameter
    v: list[Tensor]  # average of the squared gradients, one tensor per parameter
    largest: list[Tensor]  # the largest v so far, one tensor per parameter


def amsgrad(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
) -> Optimizer:
    """AMSGrad, with Adam's bias corrections.

    .. math::
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        v_t &= β_2 v_{t-1} + (1 - β_2) g_t^2  \\\\
        w_t &= \\max(w_{t-1}, v_t)  \\\\
        θ_t &= θ_{t-1} - α (m_t / (1 - β_1^t)) / (\\sqrt{w_t / (1 - β_2^t)} + ε)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected w.

    Source: Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond", 2018, algorithm 2, which has no bias
    corrections and no ε. The defaults are Adam's.

    The same as PyTorch's ``Adam(amsgrad=True)``. Keras's adds its eps (1e-7) before the bias correction. Optax's
    ``amsgrad`` takes the maximum of the bias-corrected averages, so that early values dominate it for many steps. There
    is no weight decay.
    """

    def init(params: Params) -> AMSGradState:
        return AMSGradState(first_step(), zeros(params), zeros(params), zeros(params))

    def update(grads: Updates, state: AMSGradState, params: Params) -> tuple[Updates, AMSGradState]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon = scalars(params, b1, b2, eps)
        t = state.step + 1
        m_correction, v_correction = correction_factor(beta1, t), correction_factor(beta2, t)

        def equations(g: Tensor, m: Tensor, v: Tensor, w: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * tf.square(g)
            w = tf.maximum(w, v)
            m_hat = m * m_correction
            v_hat = w * v_correction
            return -alpha * m_hat / (tf.sqrt(v_hat) + epsilon), m, v, w

        updates, m, v, largest = apply_equations(equations, grads, params, state.m, state.v, state.largest)
        return updates, AMSGradState(t, m, v, largest)

    return Optimizer(init, update)


ABOUT = About(
    words="Adam whose denominator never shrinks",
    floats=3,
    references=[
        Reference(
            "Keras",
            "Adam",
            {"beta_1": 0.9, "beta_2": 0.999, "learning_rate": 0.001, "epsilon": 1e-8, "amsgrad": True},
            word="eps",
            why=KERAS_EPS,
            equal=Equal({"epsilon": TINY}, {"eps": TINY}, "eps too small to show"),
        ),
        Reference("PyTorch", "optim.Adam", {"lr": 0.001, "amsgrad": True}),
        Reference(
            "Optax",
            "amsgrad",
            {"learning_rate": 0.001},
            word="maximum after the correction",
            why="Optax takes the maximum of the corrected averages, which early ones then rule for long.",
            equal=Equal({"b2": 0.0}, {"b2": 0.0}, "b2 0, with which there is nothing to correct"),
        ),
    ],
)
