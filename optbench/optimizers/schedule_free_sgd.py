"""Schedule-Free SGD: gradients at a point between a fast sequence and its running average, which is evaluated."""

from typing import Annotated, NamedTuple

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
    decay,
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Reference


class ScheduleFreeSGDState(NamedTuple):
    """State of Schedule-Free SGD."""

    step: Tensor  # int32 scalar
    weights: AveragingWeights  # weights of the average
    lead: list[Tensor]  # lead of the fast sequence over the average, one tensor per parameter


def schedule_free_sgd(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 100.0, log=True)] = 1.0,
    b: Annotated[float, Range(0, 1, "()")] = 0.9,
    weight_decay: Annotated[float, NonNegative, Search(1e-6, 1e-1, log=True)] = 0.0,
    weight_power: Annotated[float, NonNegative] = 2.0,
    decay_all: bool = False,
) -> Optimizer:
    """Schedule-Free SGD.

    .. math::
        z_t &= z_{t-1} - α (g_t + λ y_{t-1})  \\\\
        c_t &= w_t / \\sum_{i ≤ t} w_i, \\quad w_t = (\\max_{i ≤ t} α_i)^p  \\\\
        x_t &= (1 - c_t) x_{t-1} + c_t z_t  \\\\
        y_t &= (1 - b) z_t + b x_t

    The parameters are y, at which gradients are computed. Evaluation uses x. All three sequences start at the same
    point.

    Args:
        learning_rate: α > 0, a number or a schedule. No schedule is needed.
        b: position of y between z (0) and x (1), in (0, 1).
        weight_decay: λ, at least 0, of weights, computed at y.
        weight_power: p, at least 0: the weight of a step in the average is the largest learning rate so far to this
            power.
        decay_all: whether biases and scales decay too.

    Source: Defazio et al., "The Road Less Scheduled", 2024, equations 3 to 5. The weights of the average and the
    defaults are those of its authors' code (``schedulefree``). Use a schedule in place of the built-in warm-up of that
    code.

    There is no eps: nothing is divided. The same as Optax's ``schedule_free_sgd``. Keras and PyTorch have no such rule.
    """

    def init(params: Params) -> ScheduleFreeSGDState:
        return ScheduleFreeSGDState(first_step(), initial_averaging_weights(params), zeros(params))

    def update(grads: Updates, state: ScheduleFreeSGDState, params: Params) -> tuple[Updates, ScheduleFreeSGDState]:
        beta, rate, power = scalars(params, b, weight_decay, weight_power)
        alpha = value_at(learning_rate, state.step, params)
        weights = update_averaging_weights(state.weights, alpha, power)

        def equations(g: Tensor, lead: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            step = alpha * (g + decay(rate, y, decay_all))
            lead = update_lead(lead, step, state.weights)
            return update_of_y(lead, step, beta, weights), lead

        updates, lead = apply_equations(equations, grads, params, state.lead, params)
        return updates, ScheduleFreeSGDState(state.step + 1, weights, lead)

    def eval_params(state: ScheduleFreeSGDState, params: Params) -> Params:
        return averaged_params(state.lead, params, b, state.weights)

    return Optimizer(init, update, eval_params)


ABOUT = About(
    words="gradients between a fast sequence and its average",
    floats=1,
    references=[
        Reference("Optax", "contrib.schedule_free_sgd", {"learning_rate": 1.0}),
        Reference(
            "pytorch-optimizer",
            "ScheduleFreeSGD",
            {"lr": 1.0, "weight_decay": 0.01},
            ours={"weight_decay": 0.01, "decay_all": True},
        ),
    ],
)
