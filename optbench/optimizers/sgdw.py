"""SGDW: SGD with momentum and decoupled weight decay, which does not enter the momentum buffer."""

from typing import Annotated, NamedTuple

from optbench.optimizers.base import (
    LearningRate,
    NonNegative,
    Optimizer,
    Params,
    Positive,
    Range,
    Search,
    Tensor,
    Updates,
    apply_equations,
    decay,
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Reference


class SGDWState(NamedTuple):
    """State of SGDW."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # decaying sum of the gradients, one tensor per parameter


def sgdw(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 10.0, log=True)] = 0.01,
    b: Annotated[float, Range(0, 1)] = 0.9,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.01,
    decay_all: bool = False,
) -> Optimizer:
    """SGD with momentum and decoupled weight decay, multiplied by the learning rate.

    .. math::
        m_t &= b m_{t-1} + g_t  \\\\
        θ_t &= θ_{t-1} - α (m_t + λ θ_{t-1})

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the sum, in [0, 1).
        weight_decay: λ, at least 0, of weights, multiplied by the scheduled learning rate.
        decay_all: whether biases and scales decay too.

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 1. Its decay is multiplied
    by the schedule's factor but not by α, and its buffer includes the learning rate, which differs if a schedule
    changes the rate. The paper searches for α and λ; the defaults are ours.

    There is no eps: nothing is divided. PyTorch's ``SGD(weight_decay)`` adds λ θ to the gradient, so that the decay
    enters the buffer. Keras's ``SGD(weight_decay)`` is decoupled and decays every parameter. Optax has no rule of this
    name.
    """

    def init(params: Params) -> SGDWState:
        return SGDWState(first_step(), zeros(params))

    def update(grads: Updates, state: SGDWState, params: Params) -> tuple[Updates, SGDWState]:
        alpha = value_at(learning_rate, state.step, params)
        beta, rate = scalars(params, b, weight_decay)

        def equations(g: Tensor, m: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            m = beta * m + g
            return -alpha * (m + decay(rate, x, decay_all)), m

        updates, m = apply_equations(equations, grads, params, state.m, params)
        return updates, SGDWState(state.step + 1, m)

    return Optimizer(init, update)


ABOUT = About(
    words="momentum, weights decay beside it",
    floats=1,
    references=[
        Reference(
            "Keras",
            "SGD",
            {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 0.01},
            ours={"decay_all": True},
            note="Decays biases and scales too.",
        ),
        Reference(
            "pytorch-optimizer",
            "SGDW",
            {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.01},
            ours={"decay_all": True},
            note="Decays everything.",
        ),
    ],
)
