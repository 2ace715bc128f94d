"""SignSGD: steps along the sign of the gradient."""

from typing import Annotated, NamedTuple

import tensorflow as tf

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


class SignSGDState(NamedTuple):
    """State of SignSGD: the number of updates made so far."""

    step: Tensor  # int32 scalar


def signsgd(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-6, 1e-1, log=True)] = 1e-4,
) -> Optimizer:
    """SignSGD.

    .. math:: θ_t = θ_{t-1} - α \\, \\mathrm{sign}(g_t)

    Args:
        learning_rate: α > 0, a number or a schedule: the step length of every coordinate.

    Source: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems", 2018, algorithm 1; 1e-4 is the
    initial learning rate of its experiments on ImageNet.

    There is no eps: nothing is divided. The same as Optax's ``sign_sgd``. Keras and PyTorch have no such rule. There is
    no weight decay.
    """

    def init(params: Params) -> SignSGDState:
        return SignSGDState(first_step())

    def update(grads: Updates, state: SignSGDState, params: Params) -> tuple[Updates, SignSGDState]:
        alpha = value_at(learning_rate, state.step, params)

        def equations(g: Tensor) -> tuple[Tensor]:
            return (-alpha * tf.sign(g),)

        (updates,) = apply_equations(equations, grads, params)
        return updates, SignSGDState(state.step + 1)

    return Optimizer(init, update)


ABOUT = About(
    words="the sign of each gradient alone",
    floats=0,
    references=[
        Reference("Optax", "sign_sgd", {"learning_rate": 1e-4}),
        Reference(
            "pytorch-optimizer", "SignSGD", {"lr": 1e-4, "momentum": 0.0}, note="Its default is the sign of an average."
        ),
    ],
)
