"""ADOPT: Adam that divides each gradient by the previous second moment, so that it converges for any b2."""

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
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Reference


def adopt(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.9999,
    eps: Annotated[float, Positive] = 1e-6,
) -> Optimizer:
    """ADOPT, with clipping.

    .. math::
        v_0 &= g_0^2, \\quad m_0 = 0, \\quad θ_1 = θ_0  \\\\
        m_t &= β_1 m_{t-1} + (1 - β_1) \\mathrm{clip}(g_t / \\max(\\sqrt{v_{t-1}}, ε), -t^{1/4}, t^{1/4})  \\\\
        θ_{t+1} &= θ_t - α m_t  \\\\
        v_t &= β_2 v_{t-1} + (1 - β_2) g_t^2

    The first gradient initializes v and does not change the parameters.

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of scaled gradients, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, lower bound of the divisor, outside the root.

    Source: Taniguchi et al., "ADOPT: Modified Adam Can Converge with Any β₂ with the Optimal Rate", 2024, algorithm 2
    with the clipping of its later version. The defaults are the paper's.

    The same as Optax's ``adopt``. Keras and PyTorch have no such rule. There is no weight decay.
    """

    def init(params: Params) -> Moments:
        return Moments(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: Moments, params: Params) -> tuple[Updates, Moments]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon = scalars(params, b1, b2, eps)
        first = state.step == 0
        largest = tf.cast(state.step, epsilon.dtype) ** 0.25  # zero in the first step, so that its update is zero

        def equations(g: Tensor, m: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            scaled = g / tf.maximum(tf.sqrt(v), epsilon)
            m = beta1 * m + (1 - beta1) * tf.clip_by_value(scaled, -largest, largest)
            v = tf.where(first, tf.square(g), beta2 * v + (1 - beta2) * tf.square(g))
            return -alpha * m, m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v)
        return updates, Moments(state.step + 1, m, v)

    return Optimizer(init, update)


ABOUT = About(
    words="Adam over the squares before this gradient",
    floats=2,
    references=[
        Reference("Optax", "contrib.adopt", {"learning_rate": 0.001}),
        Reference(
            "pytorch-optimizer",
            "ADOPT",
            {"lr": 0.001},
            word="clips a step ahead",
            why="It counts the first gradient too when it clips at the fourth root of the number of steps.",
        ),
    ],
)
