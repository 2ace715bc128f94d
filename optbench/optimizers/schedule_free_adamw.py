"""Schedule-Free AdamW: Adam's denominator in the fast sequence of Schedule-Free SGD, in place of its momentum."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers._averaging import AveragingWeights, ahead, averages, move, no_weights, weighted_mean
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
    correction_factor,
    decay,
    first_step,
    scalars,
    value_at,
    zeros,
)


class ScheduleFreeAdamWState(NamedTuple):
    """What Schedule-Free AdamW remembers."""

    step: Tensor  # int32 scalar
    weights: AveragingWeights  # of the average
    lead: list[Tensor]  # of the fast sequence over the average, one of each parameter's shape
    v: list[Tensor]  # average of the squared gradients, one of each parameter's shape


def schedule_free_adamw(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.0025,
    b1: Annotated[float, Range(0, 1, "()")] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.0,
    weight_power: Annotated[float, NonNegative] = 2.0,
    decay_all: bool = False,
) -> Optimizer:
    """Schedule-Free AdamW.

    .. math::
        v_t &= β_2 v_{t-1} + (1 - β_2) g_t^2  \\\\
        z_t &= z_{t-1} - α (g_t / (\\sqrt{v_t / (1 - β_2^t)} + ε) + λ y_{t-1})  \\\\
        c_t &= w_t / \\sum_{i ≤ t} w_i, \\quad w_t = (\\max_{i ≤ t} α_i)^p  \\\\
        x_t &= (1 - c_t) x_{t-1} + c_t z_t  \\\\
        y_t &= (1 - β_1) z_t + β_1 x_t

    The parameters are y, where gradients are taken; x is evaluated. All three begin at the same place.

    Args:
        learning_rate: α > 0, a number or a schedule; none is needed.
        b1: β₁, where between z (0) and x (1) gradients are taken, in (0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected v.
        weight_decay: λ, at least 0, of weights, at y.
        weight_power: p, at least 0: a step weighs the largest learning rate so far to this power in the average.
        decay_all: decay biases and scales too.

    Source: Defazio et al., "The Road Less Scheduled", 2024, algorithm 1. The correction of v in the denominator, not in
    the learning rate, and the defaults are those of its authors' code (``schedulefree``); its own warm-up is left to
    the schedule.

    Optax's ``schedule_free_adamw`` is the same rule with a warm-up. Keras's ``ScheduleFreeAdamW`` (3.15) means it
    too, but takes x from z after z has moved. PyTorch has none.
    """

    def init(params: Params) -> ScheduleFreeAdamWState:
        return ScheduleFreeAdamWState(first_step(), no_weights(params), zeros(params), zeros(params))

    def update(grads: Updates, state: ScheduleFreeAdamWState, params: Params) -> tuple[Updates, ScheduleFreeAdamWState]:
        beta1, beta2, epsilon, rate, power = scalars(params, b1, b2, eps, weight_decay, weight_power)
        alpha = tf.cast(value_at(learning_rate, state.step), beta1.dtype)
        weights = weighted_mean(state.weights, alpha, power)
        t = state.step + 1
        v_correction = correction_factor(beta2, t)

        def equations(g: Tensor, lead: Tensor, v: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            v = beta2 * v + (1 - beta2) * tf.square(g)
            step = alpha * (g / (tf.sqrt(v * v_correction) + epsilon) + decay(rate, y, decay_all))
            lead = ahead(lead, step, state.weights)
            return move(lead, step, beta1, weights), lead, v

        updates, lead, v = apply_equations(equations, grads, params, state.lead, state.v, params)
        return updates, ScheduleFreeAdamWState(t, weights, lead, v)

    def eval_params(state: ScheduleFreeAdamWState, params: Params) -> Params:
        return averages(state.lead, params, b1, state.weights)

    return Optimizer(init, update, eval_params)
