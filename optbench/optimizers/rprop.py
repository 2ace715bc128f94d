"""Rprop: a step of its own for each coordinate, longer while the gradient keeps its sign, shorter when it turns."""

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


class RpropState(NamedTuple):
    """What Rprop remembers."""

    step: Tensor  # int32 scalar
    previous: list[Tensor]  # sign of the gradient of the step before, 0 where it turned, one of each parameter's shape
    length: list[Tensor]  # of a coordinate's step, in learning rates, one of each parameter's shape


def rprop(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.01,
    shorter: Annotated[float, Range(0, 1, "()")] = 0.5,
    longer: Annotated[float, Range(1, math.inf, "()")] = 1.2,
    shortest: Annotated[float, Positive] = 1e-6,
    longest: Annotated[float, Positive] = 50.0,
) -> Optimizer:
    """Rprop without backtracking. For full batches: the noise of small ones turns signs too.

    .. math::
        s_t &= g_{t-1} g_t  \\\\
        Δ_t &= \\min(η^+ Δ_{t-1}, Δ_{max})  &\\quad s_t > 0  \\\\
        Δ_t &= \\max(η^- Δ_{t-1}, Δ_{min}), \\; g_t := 0  &\\quad s_t < 0  \\\\
        θ_t &= θ_{t-1} - \\mathrm{sign}(g_t) Δ_t

    The lengths are kept in learning rates, so that a schedule scales all of them; Δ₀ is the learning rate.

    Args:
        learning_rate: Δ₀ > 0, a number or a schedule.
        shorter: η⁻ in (0, 1).
        longer: η⁺ > 1.
        shortest: Δmin > 0.
        longest: Δmax > 0.

    Source: Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm",
    1993; without backtracking as in Igel and Hüsken, "Improving the Rprop Learning Algorithm", 2000, algorithm 3. The
    factors and bounds are the paper's; it has Δ₀ = 0.1, PyTorch 0.01.

    There is no eps: nothing is divided. The same as PyTorch's ``Rprop``, whose learning rate is where the lengths start
    and no more: it takes no schedule. Optax's ``rprop`` (0.2.8) returns the step of the gradient before, so that its
    first one is zero. Keras has none. There is no decay of weights.
    """

    def init(params: Params) -> RpropState:
        return RpropState(first_step(), zeros(params), [tf.ones_like(p) for p in params])

    def update(grads: Updates, state: RpropState, params: Params) -> tuple[Updates, RpropState]:
        alpha = tf.cast(value_at(learning_rate, state.step), params[0].dtype)
        down, up, low, high = scalars(params, shorter, longer, shortest, longest)

        def equations(g: Tensor, before: Tensor, length: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            sign = tf.sign(g)
            kept, turned = before * sign > 0, before * sign < 0
            more, less = tf.minimum(length * up, high / alpha), tf.maximum(length * down, low / alpha)
            length = tf.where(kept, more, tf.where(turned, less, length))
            sign = tf.where(turned, tf.zeros_like(sign), sign)
            return -alpha * length * sign, sign, length

        updates, previous, length = apply_equations(equations, grads, params, state.previous, state.length)
        return updates, RpropState(state.step + 1, previous, length)

    return Optimizer(init, update)
