"""RMSProp: the gradient divided by the root of its average square."""

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
from optbench.spec.about import TINY, About, Equal, Reference


class RMSPropState(NamedTuple):
    """State of RMSProp."""

    step: Tensor  # int32 scalar
    v: list[Tensor]  # average of the squared gradients, one tensor per parameter
    mean: list[Tensor]  # average of the gradients; an empty list unless centered
    m: list[Tensor]  # decaying sum of the scaled gradients; an empty list without momentum


def rmsprop(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b: Annotated[float, Range(0, 1)] = 0.9,
    eps: Annotated[float, Positive] = 1e-8,
    centered: bool = False,
    momentum: Annotated[float | None, Range(0, 1)] = None,
) -> Optimizer:
    """RMSProp, optionally centered and with momentum.

    .. math::
        v_t &= b v_{t-1} + (1 - b) g_t^2  \\\\
        c_t &= b c_{t-1} + (1 - b) g_t  &\\quad \\text{centered; else 0}  \\\\
        m_t &= μ m_{t-1} + g_t / (\\sqrt{v_t - c_t^2} + ε)  &\\quad \\text{μ = 0 without momentum}  \\\\
        θ_t &= θ_{t-1} - α m_t

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the averages, in [0, 1).
        eps: ε > 0, outside the root.
        centered: divide by the root of the gradients' variance, not of their average square.
        momentum: μ in [0, 1), decay of the sum of scaled gradients. null allocates no buffer and is equivalent to 0.

    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning, 2012, slide 29 (which has
    no ε). Centered and with momentum: Graves, "Generating Sequences With Recurrent Neural Networks", 2013, equations 38
    to 41, with ε inside the root and the learning rate inside the buffer.

    PyTorch's ``RMSprop`` is the same with ``alpha=0.9`` (its default is 0.99). Optax's ``rmsprop`` has eps inside the
    root unless ``eps_in_sqrt=False``. Keras's ``RMSprop`` has an eps of 1e-7 inside the root and the learning rate
    inside the buffer. There is no weight decay.
    """
    has_momentum = momentum is not None

    def init(params: Params) -> RMSPropState:
        mean, m = (zeros(params) if needed else [] for needed in (centered, has_momentum))
        return RMSPropState(first_step(), zeros(params), mean, m)

    def update(grads: Updates, state: RMSPropState, params: Params) -> tuple[Updates, RMSPropState]:
        alpha = value_at(learning_rate, state.step, params)
        beta, epsilon, mu = scalars(params, b, eps, momentum if has_momentum else 0.0)
        check_gradients(grads, params)
        mean = [beta * c + (1 - beta) * g for c, g in zip(state.mean, grads, strict=False)]  # empty unless centered
        centers = mean or zeros(params)

        def equations(g: Tensor, v: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
            v = beta * v + (1 - beta) * tf.square(g)
            variance = tf.maximum(v - tf.square(c), 0)  # rounding may make it negative
            return g / (tf.sqrt(variance) + epsilon), v

        scaled, v = apply_equations(equations, grads, params, state.v, centers)
        m = [mu * before + s for before, s in zip(state.m, scaled, strict=False)]
        return [-alpha * s for s in m or scaled], RMSPropState(state.step + 1, v, mean, m)

    return Optimizer(init, update)


ABOUT = About(
    words="over the root of an average of squares",
    floats=1,
    references=[
        Reference(
            "Keras",
            "RMSprop",
            {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-8},
            word="eps",
            why="Keras has eps inside the root.",
            equal=Equal({"epsilon": TINY}, {"eps": TINY}, "eps too small to show"),
        ),
        Reference("PyTorch", "optim.RMSprop", {"lr": 0.001, "alpha": 0.9}, note="PyTorch's default alpha is 0.99."),
        Reference(
            "Optax",
            "rmsprop",
            {"learning_rate": 0.001, "decay": 0.9, "eps": 1e-8},
            word="eps",
            why="Optax has eps inside the root unless `eps_in_sqrt=False`.",
            equal=Equal({"eps_in_sqrt": False}, how="eps_in_sqrt=False"),
        ),
    ],
)
