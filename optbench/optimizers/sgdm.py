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
from optbench.spec.about import About, Equal, Reference


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


ABOUT = About(
    words="along an average of the gradients",
    floats=1,
    references=[
        Reference(
            "Keras",
            "SGD",
            {"learning_rate": 0.1, "momentum": 0.9},
            word="whole gradients",
            why="Keras adds the whole gradient, not 1 - b of it, and keeps the learning rate in the buffer: its "
            "learning rate is ours times 1 - b.",
            equal=Equal({"learning_rate": 0.1 * (1 - 0.9)}, how="its learning rate times 1 - b"),
        ),
        Reference(
            "PyTorch",
            "optim.SGD",
            {"lr": 0.1, "momentum": 0.9},
            word="whole gradients",
            why="PyTorch adds the whole gradient, not 1 - b of it; with `dampening` it still starts with a whole one.",
            equal=Equal({"lr": 0.1 * (1 - 0.9)}, how="its learning rate times 1 - b"),
        ),
        Reference(
            "Optax",
            "sgd",
            {"learning_rate": 0.1, "momentum": 0.9},
            word="whole gradients",
            why="Optax adds the whole gradient, not 1 - b of it.",
            equal=Equal({"learning_rate": 0.1 * (1 - 0.9)}, how="its learning rate times 1 - b"),
        ),
    ],
)
