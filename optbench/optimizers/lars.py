"""LARS: momentum in which each weight moves by a share of its own norm."""

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


class LARSState(NamedTuple):
    """What LARS remembers."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # decaying sum of the steps, one of each parameter's shape


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

    Norms are of one parameter. Biases and scales have λ = 1 and β = 0. A weight that is zero has λ = 1.

    Args:
        learning_rate: α > 0, a number or a schedule. It stands inside the buffer.
        b: decay of the sum, in [0, 1).
        trust_coefficient: η > 0, the share of its norm that a weight moves, times α.
        weight_decay: β, at least 0, added to the gradient of weights and to the norm.
        adapt_all: let biases and scales move and decay as weights do.

    Source: You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks", 2017, algorithm 1, with its η, b
    and β; it has one λ for a layer's weights and biases. α depends on the batch there; 1 is ours.

    There is no eps. Optax's ``lars`` has λ on biases too, and no β in the denominator but the norm of
    g + β θ. Keras and PyTorch have none.
    """

    def init(params: Params) -> LARSState:
        return LARSState(first_step(), zeros(params))

    def update(grads: Updates, state: LARSState, params: Params) -> tuple[Updates, LARSState]:
        alpha = value_at(learning_rate, state.step)
        beta, eta, rate = scalars(params, b, trust_coefficient, weight_decay)

        def equations(g: Tensor, m: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            adapted = adapt_all or is_weight(x)
            trust = trust_ratio(eta * norm(x), norm(g) + rate * norm(x)) if adapted else 1
            m = beta * m + alpha * trust * (g + decay(rate, x, adapt_all))
            return -m, m

        updates, m = apply_equations(equations, grads, params, state.m, params)
        return updates, LARSState(state.step + 1, m)

    return Optimizer(init, update)
