"""Lion: steps along the sign of an average of gradients, with one decay for the step and another for the average."""

from typing import Annotated, NamedTuple

import tensorflow as tf

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


class LionState(NamedTuple):
    """State of Lion."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one tensor per parameter


def lion(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-6, 1e-1, log=True)] = 1e-4,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.99,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 10.0, log=True)] = 0.0,
    decay_all: bool = False,
) -> Optimizer:
    """Lion, evolved sign momentum.

    .. math::
        c_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        θ_t &= θ_{t-1} - α (\\mathrm{sign}(c_t) + λ θ_{t-1})  \\\\
        m_t &= β_2 m_{t-1} + (1 - β_2) g_t

    Args:
        learning_rate: α > 0, a number or a schedule: the step length of every coordinate.
        b1: β₁, the weight of the average in the step, in [0, 1).
        b2: β₂, decay of the average, in [0, 1).
        weight_decay: λ, at least 0, of weights, multiplied by the scheduled learning rate.
        decay_all: whether biases and scales decay too.

    Source: Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2. The defaults are those of
    its authors' code.

    There is no eps: nothing is divided. The same as Keras's (learning rate 0.001) and Optax's (λ 1e-3) ``lion``, which
    decay every parameter. PyTorch has no such rule.
    """

    def init(params: Params) -> LionState:
        return LionState(first_step(), zeros(params))

    def update(grads: Updates, state: LionState, params: Params) -> tuple[Updates, LionState]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, rate = scalars(params, b1, b2, weight_decay)

        def equations(g: Tensor, m: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            c = beta1 * m + (1 - beta1) * g
            m = beta2 * m + (1 - beta2) * g
            return -alpha * (tf.sign(c) + decay(rate, x, decay_all)), m

        updates, m = apply_equations(equations, grads, params, state.m, params)
        return updates, LionState(state.step + 1, m)

    return Optimizer(init, update)


ABOUT = About(
    words="the sign of an average",
    floats=1,
    references=[
        Reference(
            "Keras",
            "Lion",
            {"beta_1": 0.9, "beta_2": 0.99, "learning_rate": 1e-4, "weight_decay": 0.01},
            ours={"weight_decay": 0.01, "decay_all": True},
            note="Decays biases and scales too.",
        ),
        Reference(
            "Optax",
            "lion",
            {"learning_rate": 1e-4, "weight_decay": 0.01},
            ours={"weight_decay": 0.01, "decay_all": True},
            note="Decays every parameter unless a mask says otherwise.",
        ),
        Reference(
            "pytorch-optimizer",
            "Lion",
            {"lr": 1e-4, "weight_decay": 0.01},
            ours={"weight_decay": 0.01, "decay_all": True},
            note="Decays everything.",
        ),
    ],
)
