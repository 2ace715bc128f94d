"""Stochastic gradient descent."""

from typing import Annotated, NamedTuple

from optbench.optimizers.base import (
    LearningRate,
    Optimizer,
    Params,
    Positive,
    Search,
    Tensor,
    Updates,
    apply_equations,
    first_step,
    value_at,
)
from optbench.spec.about import About, Reference


class SGDState(NamedTuple):
    """State of SGD: the number of updates made so far."""

    step: Tensor  # int32 scalar


def sgd(learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 10.0, log=True)] = 0.1) -> Optimizer:
    """Stochastic gradient descent.

    .. math:: θ_t = θ_{t-1} - α g_t

    Args:
        learning_rate: α > 0, a number or a schedule.

    Source: Robbins and Monro, "A Stochastic Approximation Method", 1951, equation 6.

    There is no eps: nothing is divided. The same as Keras's, PyTorch's and Optax's ``SGD`` without momentum.
    """

    def init(params: Params) -> SGDState:
        return SGDState(first_step())

    def update(grads: Updates, state: SGDState, params: Params) -> tuple[Updates, SGDState]:
        alpha = value_at(learning_rate, state.step, params)

        def equations(g: Tensor) -> tuple[Tensor]:
            return (-alpha * g,)

        (updates,) = apply_equations(equations, grads, params)
        return updates, SGDState(state.step + 1)

    return Optimizer(init, update)


ABOUT = About(
    words="steepest descent",
    floats=0,
    references=[
        Reference("Keras", "SGD", {"learning_rate": 0.1}),
        Reference("PyTorch", "optim.SGD", {"lr": 0.1}),
        Reference("Optax", "sgd", {"learning_rate": 0.1}),
    ],
)
