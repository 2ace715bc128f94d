"""Rprop: one step length per coordinate, which grows while the gradient's sign stays and shrinks when it changes."""

import math
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


class RpropState(NamedTuple):
    """State of Rprop."""

    step: Tensor  # int32 scalar
    previous: list[Tensor]  # sign of the previous gradient, 0 where it changed, one tensor per parameter
    length: list[Tensor]  # step lengths divided by the learning rate, one tensor per parameter


def rprop(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.01,
    shorter: Annotated[float, Range(0, 1, "()")] = 0.5,
    longer: Annotated[float, Range(1, math.inf, "()")] = 1.2,
    shortest: Annotated[float, Positive] = 1e-6,
    longest: Annotated[float, Positive] = 50.0,
) -> Optimizer:
    """Rprop without backtracking, for full batches: the noise of small batches also changes signs.

    .. math::
        s_t &= g_{t-1} g_t  \\\\
        Δ_t &= \\min(η^+ Δ_{t-1}, Δ_{max})  &\\quad s_t > 0  \\\\
        Δ_t &= \\max(η^- Δ_{t-1}, Δ_{min}), \\; g_t := 0  &\\quad s_t < 0  \\\\
        θ_t &= θ_{t-1} - \\mathrm{sign}(g_t) Δ_t

    The state holds the step lengths as multiples of the learning rate, so that a schedule scales all of them. Δ₀ is the
    learning rate.

    Args:
        learning_rate: Δ₀ > 0, a number or a schedule.
        shorter: η⁻ in (0, 1), factor on the step length after a change of sign.
        longer: η⁺ > 1, factor on the step length while the sign stays.
        shortest: Δmin > 0, lower bound of the step length.
        longest: Δmax > 0, upper bound of the step length.

    Source: Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm",
    1993; without backtracking as in Igel and Hüsken, "Improving the Rprop Learning Algorithm", 2000, algorithm 3. The
    factors and bounds are those of the first paper, which has Δ₀ = 0.1; the default of Δ₀ is PyTorch's.

    There is no eps: nothing is divided. The same as PyTorch's ``Rprop``, whose learning rate sets the initial lengths
    only, so that schedules have no effect. Optax's ``rprop`` (0.2.8) returns the step of the previous gradient, so that
    its first update is zero. Keras has no such rule. There is no weight decay.
    """

    def init(params: Params) -> RpropState:
        return RpropState(first_step(), zeros(params), [tf.ones_like(p) for p in params])

    def update(grads: Updates, state: RpropState, params: Params) -> tuple[Updates, RpropState]:
        alpha = value_at(learning_rate, state.step, params)
        down, up, low, high = scalars(params, shorter, longer, shortest, longest)

        def equations(g: Tensor, before: Tensor, length: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            sign = tf.sign(g)
            same, changed = before * sign > 0, before * sign < 0
            more, less = tf.minimum(length * up, high / alpha), tf.maximum(length * down, low / alpha)
            length = tf.where(same, more, tf.where(changed, less, length))
            sign = tf.where(changed, tf.zeros_like(sign), sign)
            return -alpha * length * sign, sign, length

        updates, previous, length = apply_equations(equations, grads, params, state.previous, state.length)
        return updates, RpropState(state.step + 1, previous, length)

    return Optimizer(init, update)


ABOUT = About(
    words="a step a coordinate, longer while the sign stays; for full batches",
    floats=2,
    references=[
        Reference("PyTorch", "optim.Rprop", {"lr": 0.01}),
        Reference(
            "Optax",
            "rprop",
            {"learning_rate": 0.01},
            word="a step late",
            why="Optax 0.2.8 returns the step of the gradient before, so that its first one is zero.",
        ),
    ],
)
