"""Adagrad: each coordinate's step shrinks with the sum of its squared gradients."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    NonNegative,
    Optimizer,
    Params,
    Positive,
    Search,
    Tensor,
    Updates,
    apply_equations,
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import TINY, About, Equal, Reference


class AdagradState(NamedTuple):
    """State of Adagrad."""

    step: Tensor  # int32 scalar
    v: list[Tensor]  # sum of squared gradients, one tensor per parameter


def adagrad(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 10.0, log=True)] = 0.1,
    eps: Annotated[float, Positive] = 1e-10,
    initial_accumulator: Annotated[float, NonNegative] = 0.0,
) -> Optimizer:
    """Adagrad, diagonal form.

    .. math::
        v_t &= v_{t-1} + g_t^2, \\quad v_0 = v  \\\\
        θ_t &= θ_{t-1} - α g_t / (\\sqrt{v_t} + ε)

    Args:
        learning_rate: α > 0, a number or a schedule.
        eps: ε > 0, outside the root.
        initial_accumulator: v, at least 0, with which the sum of each coordinate starts.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
    2011, figure 1 with the diagonal matrix (their δ is this ε).

    The same as PyTorch's ``Adagrad``. Keras, Optax and DeepOBS start the sum at 0.1; Keras and Optax have eps 1e-7
    inside the root. Optax does not update coordinates whose sum is zero.
    """

    def init(params: Params) -> AdagradState:
        (start,) = scalars(params, initial_accumulator)
        return AdagradState(first_step(), [v + start for v in zeros(params)])

    def update(grads: Updates, state: AdagradState, params: Params) -> tuple[Updates, AdagradState]:
        alpha = value_at(learning_rate, state.step, params)
        (epsilon,) = scalars(params, eps)

        def equations(g: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            v = v + tf.square(g)
            return -alpha * g / (tf.sqrt(v) + epsilon), v

        updates, v = apply_equations(equations, grads, params, state.v)
        return updates, AdagradState(state.step + 1, v)

    return Optimizer(init, update)


ABOUT = About(
    words="over the root of the sum of squares",
    floats=1,
    references=[
        Reference(
            "Keras",
            "Adagrad",
            {"learning_rate": 0.1, "epsilon": 1e-10},
            word="start of the sum, eps",
            why="Keras starts the sum of squares at 0.1, not 0, and has eps inside the root.",
            equal=Equal(
                {"epsilon": TINY, "initial_accumulator_value": 0.1},
                {"eps": TINY, "initial_accumulator": 0.1},
                "sums from 0.1, eps too small to show",
            ),
        ),
        Reference("PyTorch", "optim.Adagrad", {"lr": 0.1}),
        Reference(
            "Optax",
            "adagrad",
            {"learning_rate": 0.1, "eps": 1e-10},
            word="start of the sum, eps",
            why="Optax starts the sum of squares at 0.1, not 0, and has eps inside the root.",
            equal=Equal(
                {"eps": TINY}, {"eps": TINY, "initial_accumulator": 0.1}, "sums from 0.1, eps too small to show"
            ),
        ),
    ],
)
