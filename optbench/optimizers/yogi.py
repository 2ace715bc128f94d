"""Yogi: Adam with a second moment that changes by at most a fraction of the squared gradient per step."""

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
    first_step,
    scalar,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Equal, Reference

INITIAL_V = 1e-6  # the initial value of v


def yogi(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.01,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-3,
) -> Optimizer:
    """Yogi.

    .. math::
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        v_t &= v_{t-1} - (1 - β_2) \\mathrm{sign}(v_{t-1} - g_t^2) g_t^2, \\quad v_0 = 10^{-6}  \\\\
        θ_t &= θ_{t-1} - α m_t / (\\sqrt{v_t} + ε)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂ in [0, 1): v changes by 1 - β₂ times the squared gradient.
        eps: ε > 0, outside the root.

    Source: Zaheer et al., "Adaptive Methods for Nonconvex Optimization", 2018, algorithm 2, with the learning rate, ε
    and initial v of its experiments.

    Optax's ``yogi`` also starts m at 1e-6 and has Adam's bias corrections, which the paper does not have. Keras and
    PyTorch have no such rule. There is no weight decay.
    """

    def init(params: Params) -> Moments:
        return Moments(first_step(), zeros(params), [tf.fill(p.shape, scalar(INITIAL_V, p.dtype)) for p in params])

    def update(grads: Updates, state: Moments, params: Params) -> tuple[Updates, Moments]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon = scalars(params, b1, b2, eps)

        def equations(g: Tensor, m: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            v = v - (1 - beta2) * tf.sign(v - tf.square(g)) * tf.square(g)
            return -alpha * m / (tf.sqrt(v) + epsilon), m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v)
        return updates, Moments(state.step + 1, m, v)

    return Optimizer(init, update)


ABOUT = About(
    words="Adam whose denominator cannot jump",
    floats=2,
    references=[
        Reference(
            "Optax",
            "yogi",
            {"learning_rate": 0.01},
            word="bias corrections",
            why="Optax corrects both averages for a start at zero, as Adam does, and starts m at 1e-6; "
            "the paper does not.",
            equal=Equal({"b1": 0.0, "b2": 0.0}, {"b1": 0.0, "b2": 0.0}, "b1 and b2 0: nothing to correct"),
        ),
        Reference(
            "pytorch-optimizer",
            "Yogi",
            {"lr": 0.01},
            word="bias corrections",
            why="It corrects both averages for a start at zero, as Adam does, and starts m at 1e-6; "
            "the paper does not.",
            equal=Equal({"betas": [0.0, 0.0]}, {"b1": 0.0, "b2": 0.0}, "b1 and b2 0: nothing to correct"),
        ),
    ],
)
