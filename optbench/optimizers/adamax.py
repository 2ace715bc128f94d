"""Adamax: Adam with a decaying maximum of gradient magnitudes in place of the second moment."""

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
from optbench.spec.about import TINY, About, Equal, Reference


class AdamaxState(NamedTuple):
    """State of Adamax."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one tensor per parameter
    u: list[Tensor]  # decaying maximum of the gradients' magnitudes, one tensor per parameter


def adamax(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.002,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
) -> Optimizer:
    """Adamax.

    .. math::
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        u_t &= \\max(β_2 u_{t-1}, |g_t| + ε)  \\\\
        θ_t &= θ_{t-1} - α m_t / ((1 - β_1^t) u_t)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the maximum of magnitudes, in [0, 1).
        eps: ε > 0, inside the maximum, added to each magnitude. The paper has no ε and divides by zero if all gradients
            are zero.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 2, with its defaults.

    The same as PyTorch's and Optax's ``adamax``, including ε. Keras's has an eps of 1e-7 outside the maximum and a
    learning rate of 0.001. There is no weight decay.
    """

    def init(params: Params) -> AdamaxState:
        return AdamaxState(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: AdamaxState, params: Params) -> tuple[Updates, AdamaxState]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon = scalars(params, b1, b2, eps)
        t = state.step + 1
        m_correction = correction_factor(beta1, t)

        def equations(g: Tensor, m: Tensor, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            u = tf.maximum(beta2 * u, tf.abs(g) + epsilon)
            return -alpha * m * m_correction / u, m, u

        updates, m, u = apply_equations(equations, grads, params, state.m, state.u)
        return updates, AdamaxState(t, m, u)

    return Optimizer(init, update)


ABOUT = About(
    words="Adam over the largest recent magnitude",
    floats=2,
    references=[
        Reference(
            "Keras",
            "Adamax",
            {"beta_1": 0.9, "beta_2": 0.999, "learning_rate": 0.002, "epsilon": 1e-8},
            word="eps",
            why="Keras adds eps to the largest magnitude when it divides, not to each magnitude before it is compared.",
            equal=Equal({"epsilon": TINY}, {"eps": TINY}, "eps too small to show"),
        ),
        Reference("PyTorch", "optim.Adamax", {"lr": 0.002}),
        Reference("Optax", "adamax", {"learning_rate": 0.002}),
    ],
)
