"""SGD with momentum, as an exponential average of the gradients."""

from typing import Annotated, NamedTuple

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


class SGDMState(NamedTuple):
    """State of SGDM."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the gradients, one tensor per parameter


def sgdm(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 10.0, log=True)] = 0.1,
    b: Annotated[float, Range(0, 1)] = 0.9,
) -> Optimizer:
    """SGD along an exponential average of the gradients.

    .. math::
        m_t &= b m_{t-1} + (1 - b) g_t  \\\\
        θ_t &= θ_{t-1} - α m_t

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the average, in [0, 1). 0 is plain SGD.

    Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964, equation 9; the
    exponential average is equation 1 of Kingma and Ba, "Adam", 2015, without its bias correction.

    There is no eps: nothing is divided. Keras (``SGD(momentum)``), PyTorch and Optax (``sgd(momentum)``, ``trace``) add
    the whole gradient, ``m = b m + g``: their learning rate ``α (1 - b)`` is equivalent to ``α`` here. Keras also has
    the learning rate inside the buffer, which differs if the rate changes.
    """

    def init(params: Params) -> SGDMState:
        return SGDMState(first_step(), zeros(params))

    def update(grads: Updates, state: SGDMState, params: Params) -> tuple[Updates, SGDMState]:
        alpha = value_at(learning_rate, state.step, params)
        (beta,) = scalars(params, b)

        def equations(g: Tensor, m: Tensor) -> tuple[Tensor, Tensor]:
            m = beta * m + (1 - beta) * g
            return -alpha * m, m

        updates, m = apply_equations(equations, grads, params, state.m)
        return updates, SGDMState(state.step + 1, m)

    return Optimizer(init, update)
