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
    first_step,
    scalars,
    value_at,
    zeros,
)


class RMSPropState(NamedTuple):
    """What RMSProp remembers."""

    step: Tensor  # int32 scalar
    v: list[Tensor]  # average of the squared gradients, one of each parameter's shape


def rmsprop(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b: Annotated[float, Range(0, 1)] = 0.9,
    eps: Annotated[float, Positive] = 1e-8,
) -> Optimizer:
    """RMSProp.

    .. math::
        v_t &= b v_{t-1} + (1 - b) g_t^2  \\\\
        θ_t &= θ_{t-1} - α g_t / (\\sqrt{v_t} + ε)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the average, in [0, 1).
        eps: ε > 0, outside the root.

    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012, slide 29 (which
    writes no ε).

    PyTorch's ``RMSprop`` is the same at ``alpha=0.9`` (its default is 0.99). Optax's ``rmsprop`` has eps inside the
    root unless ``eps_in_sqrt=False``, Keras's ``RMSprop`` has 1e-7 inside it.
    """

    def init(params: Params) -> RMSPropState:
        return RMSPropState(first_step(), zeros(params))

    def update(grads: Updates, state: RMSPropState, params: Params) -> tuple[Updates, RMSPropState]:
        alpha = value_at(learning_rate, state.step)
        beta, epsilon = scalars(params, b, eps)

        def equations(g: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            v = beta * v + (1 - beta) * tf.square(g)
            return -alpha * g / (tf.sqrt(v) + epsilon), v

        updates, v = apply_equations(equations, grads, params, state.v)
        return updates, RMSPropState(state.step + 1, v)

    return Optimizer(init, update)
