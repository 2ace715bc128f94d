"""Schedule-Free AdamW: Schedule-Free SGD with Adam's denominator; averaging replaces Adam's first moment."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers._averaging import (
    AveragingWeights,
    averaged_params,
    initial_averaging_weights,
    update_averaging_weights,
    update_lead,
    update_of_y,
)
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
from optbench.spec.about import About, Reference


class ScheduleFreeAdamWState(NamedTuple):
    """State of Schedule-Free AdamW."""

    step: Tensor  # int32 scalar
    weights: AveragingWeights  # weights of the average
    lead: list[Tensor]  # lead of the fast sequence over the average, one tensor per parameter
    v: list[Tensor]  # average of the squared gradients, one tensor per parameter


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

    The parameters are y, at which gradients are computed. Evaluation uses x. All three sequences start at the same
    point.

    Args:
        learning_rate: α > 0, a number or a schedule. No schedule is needed.
        b1: β₁, position of y between z (0) and x (1), in (0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected v.
        weight_decay: λ, at least 0, of weights, computed at y.
        weight_power: p, at least 0: the weight of a step in the average is the largest learning rate so far to this
            power.
        decay_all: whether biases and scales decay too.

    Source: Defazio et al., "The Road Less Scheduled", 2024, algorithm 1. The bias correction of v in the denominator,
    not in the learning rate, and the defaults are those of its authors' code (``schedulefree``). Use a schedule in
    place of the built-in warm-up of that code.

    Optax's ``schedule_free_adamw`` is the same rule with a warm-up. Keras's ``ScheduleFreeAdamW`` (3.15) is meant to be
    the same, but computes x from the updated z. PyTorch has no such rule.
    """

    def init(params: Params) -> ScheduleFreeAdamWState:
        return ScheduleFreeAdamWState(first_step(), initial_averaging_weights(params), zeros(params), zeros(params))

    def update(grads: Updates, state: ScheduleFreeAdamWState, params: Params) -> tuple[Updates, ScheduleFreeAdamWState]:
        beta1, beta2, epsilon, rate, power = scalars(params, b1, b2, eps, weight_decay, weight_power)
        alpha = value_at(learning_rate, state.step, params)
        weights = update_averaging_weights(state.weights, alpha, power)
        t = state.step + 1
        v_correction = correction_factor(beta2, t)

        def equations(g: Tensor, lead: Tensor, v: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            v = beta2 * v + (1 - beta2) * tf.square(g)
            step = alpha * (g / (tf.sqrt(v * v_correction) + epsilon) + decay(rate, y, decay_all))
            lead = update_lead(lead, step, state.weights)
            return update_of_y(lead, step, beta1, weights), lead, v

        updates, lead, v = apply_equations(equations, grads, params, state.lead, state.v, params)
        return updates, ScheduleFreeAdamWState(t, weights, lead, v)

    def eval_params(state: ScheduleFreeAdamWState, params: Params) -> Params:
        return averaged_params(state.lead, params, b1, state.weights)

    return Optimizer(init, update, eval_params)


ABOUT = About(
    words="the same over Adam's denominator",
    floats=2,
    references=[
        Reference(
            "Keras",
            "ScheduleFreeAdamW",
            {"beta_1": 0.9, "beta_2": 0.999, "learning_rate": 0.0025},
            word="x from the moved z",
            why="Keras takes the average x out of y with z as it is after the step, not before it: on TensorFlow "
            "the value that it keeps of z is the variable itself.",
        ),
        Reference("Optax", "contrib.schedule_free_adamw", {"learning_rate": 0.0025}),
        Reference(
            "pytorch-optimizer",
            "ScheduleFreeAdamW",
            {"lr": 0.0025, "weight_decay": 0.01},
            ours={"weight_decay": 0.01, "decay_all": True},
            word="1e-15 inside the root",
            why="It adds 1e-15 to the corrected v, inside the root, which shows where gradients are small.",
        ),
    ],
)
