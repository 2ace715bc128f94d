"""Adadelta: the root mean square of past updates replaces the learning rate."""

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
from optbench.spec.about import About, Reference


class AdadeltaState(NamedTuple):
    """State of Adadelta."""

    step: Tensor  # int32 scalar
    v: list[Tensor]  # average of the squared gradients, one tensor per parameter
    u: list[Tensor]  # average of the squared updates, before they are multiplied by the learning rate


def adadelta(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-2, 100.0, log=True)] = 1.0,
    rho: Annotated[float, Range(0, 1)] = 0.95,
    eps: Annotated[float, Positive] = 1e-5,
) -> Optimizer:
    """Adadelta.

    .. math::
        v_t &= ρ v_{t-1} + (1 - ρ) g_t^2  \\\\
        Δ_t &= -\\sqrt{u_{t-1} + ε} / \\sqrt{v_t + ε} \\; g_t  \\\\
        u_t &= ρ u_{t-1} + (1 - ρ) Δ_t^2  \\\\
        θ_t &= θ_{t-1} + α Δ_t

    Args:
        learning_rate: α > 0, a number or a schedule. The paper has no learning rate, which corresponds to 1.
        rho: ρ, decay of both averages, in [0, 1).
        eps: ε > 0, inside both roots. It sets the size of the first updates: a small ε makes them tiny.

    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012, algorithm 1.

    The same as PyTorch's and Optax's rule (both with eps 1e-6, rho 0.9). Keras's default learning rate is 0.001, which
    makes its updates smaller by a factor of 1000.
    """

    def init(params: Params) -> AdadeltaState:
        return AdadeltaState(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: AdadeltaState, params: Params) -> tuple[Updates, AdadeltaState]:
        alpha = value_at(learning_rate, state.step, params)
        decay, epsilon = scalars(params, rho, eps)

        def equations(g: Tensor, v: Tensor, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            v = decay * v + (1 - decay) * tf.square(g)
            delta = -tf.sqrt(u + epsilon) / tf.sqrt(v + epsilon) * g
            u = decay * u + (1 - decay) * tf.square(delta)
            return alpha * delta, v, u

        updates, v, u = apply_equations(equations, grads, params, state.v, state.u)
        return updates, AdadeltaState(state.step + 1, v, u)

    return Optimizer(init, update)


ABOUT = About(
    words="past updates in place of a learning rate",
    floats=2,
    references=[
        Reference(
            "Keras",
            "Adadelta",
            {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-5},
            note="Keras's default learning rate is 0.001, not 1.",
        ),
        Reference("PyTorch", "optim.Adadelta", {"lr": 1.0, "rho": 0.95, "eps": 1e-5}),
        Reference("Optax", "adadelta", {"learning_rate": 1.0, "rho": 0.95, "eps": 1e-5}),
    ],
)
