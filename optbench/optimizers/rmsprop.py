"""RMSProp: the gradient divided by a running average of its magnitude."""

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
    check_gradients,
    first_step,
    scalars,
    value_at,
    zeros,
)


class RMSPropState(NamedTuple):
    """What RMSProp remembers."""

    step: Tensor  # int32 scalar
    v: list[Tensor]  # average of the squared gradients, one of each parameter's shape
    mean: list[Tensor]  # average of the gradients, or nothing where the squares are not centered
    m: list[Tensor]  # decaying sum of the steps, or nothing where there is no momentum


def rmsprop(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b: Annotated[float, Range(0, 1)] = 0.9,
    eps: Annotated[float, Positive] = 1e-8,
    centered: bool = False,
    momentum: Annotated[float | None, Range(0, 1)] = None,
) -> Optimizer:
    """RMSProp, also centered and with momentum.

    .. math::
        v_t &= b v_{t-1} + (1 - b) g_t^2  \\\\
        c_t &= b c_{t-1} + (1 - b) g_t  &\\quad \\text{centered; else 0}  \\\\
        m_t &= μ m_{t-1} + g_t / (\\sqrt{v_t - c_t^2} + ε)  &\\quad \\text{μ = 0 without momentum}  \\\\
        θ_t &= θ_{t-1} - α m_t

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the averages, in [0, 1).
        eps: ε > 0, outside the root.
        centered: divide by the root of the variance of the gradients, not of their square.
        momentum: μ in [0, 1), of the scaled steps; null keeps no buffer, which is the same as 0.

    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012, slide 29 (which
    writes no ε). Centered and with momentum: Graves, "Generating Sequences With Recurrent Neural Networks", 2013,
    equations 38 to 41; it has ε inside the root and the learning rate in the buffer.

    PyTorch's ``RMSprop`` is the same at ``alpha=0.9`` (its default is 0.99). Optax's ``rmsprop`` has eps inside the
    root unless ``eps_in_sqrt=False``, Keras's ``RMSprop`` has 1e-7 inside it and keeps the learning rate in the buffer.
    There is no decay of weights.
    """
    has_momentum = momentum is not None

    def init(params: Params) -> RMSPropState:
        mean, m = (zeros(params) if kept else [] for kept in (centered, has_momentum))
        return RMSPropState(first_step(), zeros(params), mean, m)

    def update(grads: Updates, state: RMSPropState, params: Params) -> tuple[Updates, RMSPropState]:
        alpha = value_at(learning_rate, state.step)
        beta, epsilon, mu = scalars(params, b, eps, momentum if has_momentum else 0.0)
        check_gradients(grads, params)
        mean = [beta * c + (1 - beta) * g for c, g in zip(state.mean, grads, strict=False)]  # none, or one for each
        centres = mean or zeros(params)

        def equations(g: Tensor, v: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
            v = beta * v + (1 - beta) * tf.square(g)
            variance = tf.maximum(v - tf.square(c), 0)  # rounding may leave less than none
            return g / (tf.sqrt(variance) + epsilon), v

        scaled, v = apply_equations(equations, grads, params, state.v, centres)
        m = [mu * before + s for before, s in zip(state.m, scaled, strict=False)]
        return [-alpha * s for s in m or scaled], RMSPropState(state.step + 1, v, mean, m)

    return Optimizer(init, update)
