"""LARS: momentum with the step of each weight scaled to the weight's norm."""

from typing import Annotated, NamedTuple

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
    is_weight,
    norm,
    scalars,
    trust_ratio,
    value_at,
    zeros,
)
from optbench.spec.about import About, Equal, Reference


class LARSState(NamedTuple):
    """State of LARS."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # decaying sum of the steps, one tensor per parameter


def lars(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-2, 100.0, log=True)] = 1.0,
    b: Annotated[float, Range(0, 1)] = 0.9,
    trust_coefficient: Annotated[float, Positive] = 0.001,
    weight_decay: Annotated[float, NonNegative, Search(1e-6, 1e-1, log=True)] = 0.0005,
    adapt_all: bool = False,
) -> Optimizer:
    """LARS, layer-wise adaptive rate scaling.

    .. math::
        λ_t &= η ‖θ_{t-1}‖ / (‖g_t‖ + β ‖θ_{t-1}‖)  \\\\
        m_t &= b m_{t-1} + α λ_t (g_t + β θ_{t-1})  \\\\
        θ_t &= θ_{t-1} - m_t

    Norms are per parameter. Biases and scales have λ = 1 and β = 0. A weight that is zero has λ = 1.

    Args:
        learning_rate: α > 0, a number or a schedule, inside the momentum buffer.
        b: decay of the sum, in [0, 1).
        trust_coefficient: η > 0, size of a weight's step relative to its norm, before the factor α.
        weight_decay: β, at least 0, of weights, in the gradient and in the ratio.
        adapt_all: whether biases and scales are scaled and decay as weights do.

    Source: You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks", 2017, algorithm 1, with its η, b
    and β. The paper has one λ per layer, for its weights and biases together. The paper's α depends on the batch size;
    the default of 1 is ours.

    There is no eps. Optax's ``lars`` applies λ to biases too, and its denominator is the norm of g + β θ. Keras and
    PyTorch have no such rule.
    """

    def init(params: Params) -> LARSState:
        return LARSState(first_step(), zeros(params))

    def update(grads: Updates, state: LARSState, params: Params) -> tuple[Updates, LARSState]:
        alpha = value_at(learning_rate, state.step, params)
        beta, eta, rate = scalars(params, b, trust_coefficient, weight_decay)

        def equations(g: Tensor, m: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            scaled = adapt_all or is_weight(x)
            trust = trust_ratio(eta * norm(x), norm(g) + rate * norm(x)) if scaled else 1
            m = beta * m + alpha * trust * (g + decay(rate, x, adapt_all))
            return -m, m

        updates, m = apply_equations(equations, grads, params, state.m, params)
        return updates, LARSState(state.step + 1, m)

    return Optimizer(init, update)


ABOUT = About(
    words="momentum in shares of a weight's norm",
    floats=1,
    references=[
        Reference(
            "Optax",
            "lars",
            {"learning_rate": 1.0, "weight_decay": 0.0005},
            ours={"adapt_all": True},
            word="decay in the norm",
            why="Optax divides by the norm of gradient and decay together, not by the sum of their norms.",
            equal=Equal({"weight_decay": 0.0}, {"weight_decay": 0.0}, "no decay"),
            note="Takes the ratio of biases and scales too.",
        ),
        Reference(
            "pytorch-optimizer",
            "LARS",
            {"lr": 1.0, "weight_decay": 0.0005},
            note="The learning rate is outside the buffer.",
        ),
    ],
)
