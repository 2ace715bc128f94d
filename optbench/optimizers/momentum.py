"""SGD with momentum, as a decaying sum of the gradients."""

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


class MomentumState(NamedTuple):
    """State of SGD with momentum."""

    step: Tensor  # int32 scalar
    v: list[Tensor]  # velocity, one tensor per parameter


def momentum(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.01,
    mu: Annotated[float, Range(0, 1)] = 0.9,
    nesterov: bool = False,
    dampening: Annotated[float, Range(0, 1)] = 0.0,
) -> Optimizer:
    """SGD with momentum, as a velocity to which whole gradients are added.

    .. math::
        v_t &= μ v_{t-1} + (1 - τ) g_t, \\quad v_1 = g_1  \\\\
        θ_t &= θ_{t-1} - α v_t                 \\quad \\text{or, with Nesterov's momentum,}  \\\\
        θ_t &= θ_{t-1} - α (μ v_t + g_t)

    Args:
        learning_rate: α > 0, a number or a schedule.
        mu: μ, decay of the velocity, in [0, 1). 0 is plain SGD.
        nesterov: use Nesterov's momentum, the third equation.
        dampening: τ in [0, 1), the part of each gradient after the first that does not enter the velocity.

    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964, equation 9; with
    ``nesterov`` Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
    learning", 2013, equations 3 and 4, rewritten for the parameters at which the gradient is taken. Dampening is
    PyTorch's.

    There is no eps: nothing is divided. ``sgdm`` weights each gradient by ``1 - b``, so that its equivalent learning
    rate is ``1 / (1 - μ)`` times this rule's. The same as PyTorch's ``SGD``, which allows Nesterov only without
    dampening; as Optax's ``sgd``, which has no dampening; and as TensorFlow 1's ``MomentumOptimizer``. Keras's ``SGD``
    has the learning rate inside the velocity, ``v = μ v - α g``, which is equivalent only while the rate is constant.
    """

    def init(params: Params) -> MomentumState:
        return MomentumState(first_step(), zeros(params))

    def update(grads: Updates, state: MomentumState, params: Params) -> tuple[Updates, MomentumState]:
        alpha = value_at(learning_rate, state.step, params)
        velocity_decay, tau = scalars(params, mu, dampening)
        share = tf.where(tf.equal(state.step, 0), tf.ones_like(tau), 1 - tau)

        def equations(g: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            v = velocity_decay * v + share * g
            direction = velocity_decay * v + g if nesterov else v
            return -alpha * direction, v

        updates, v = apply_equations(equations, grads, params, state.v)
        return updates, MomentumState(state.step + 1, v)

    return Optimizer(init, update)


ABOUT = About(
    words="along a velocity; `nesterov` looks ahead",
    floats=1,
    references=[
        Reference(
            "Keras",
            "SGD",
            {"learning_rate": 0.01, "momentum": 0.9},
            note="Keeps the learning rate in the velocity: the same while the rate stays what it is.",
        ),
        Reference("PyTorch", "optim.SGD", {"lr": 0.01, "momentum": 0.9}),
        Reference(
            "PyTorch",
            "optim.SGD",
            {"lr": 0.01, "momentum": 0.9, "dampening": 0.5},
            variant="dampening",
            ours={"dampening": 0.5},
        ),
        Reference("Optax", "sgd", {"learning_rate": 0.01, "momentum": 0.9}),
    ],
)
