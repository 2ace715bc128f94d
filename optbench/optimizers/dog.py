"""DoG: SGD whose learning rate is the distance from the start divided by the root of the summed squared gradients."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    Optimizer,
    Params,
    Positive,
    Search,
    Tensor,
    Updates,
    apply_equations,
    check_gradients,
    first_step,
    global_norm,
    scalars,
    sum_of_squares,
    value_at,
)
from optbench.spec.about import About, Reference


class DoGState(NamedTuple):
    """State of DoG."""

    step: Tensor  # int32 scalar
    distance: Tensor  # scalar: the largest distance from the start so far
    squares: Tensor  # scalar: the sum of the squared norms of the gradients
    start: list[Tensor]  # the initial parameters


def dog(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-2, 10.0, log=True)] = 1.0,
    eps: Annotated[float, Positive] = 1e-8,
    first_distance: Annotated[float, Positive] = 1e-6,
) -> Optimizer:
    """DoG, SGD with a step size of distance over gradients.

    .. math::
        r_t &= \\max(r_{t-1}, ‖θ_t - θ_0‖), \\quad r_{-1} = ρ (1 + ‖θ_0‖)  \\\\
        G_t &= G_{t-1} + ‖g_t‖^2, \\quad G_{-1} = ε  \\\\
        θ_{t+1} &= θ_t - α r_t g_t / \\sqrt{G_t}

    Norms are over all parameters.

    Args:
        learning_rate: α > 0, a number or a schedule, multiplied by the step size that the rule determines.
        eps: ε > 0, inside the root.
        first_distance: ρ > 0, initial estimate of the distance, relative to 1 plus the norm of the initial parameters.
            A value that is too small is safer than one that is too large.

    Source: Ivgi, Hinder and Carmon, "DoG is SGD's Best Friend: A Parameter-Free Dynamic Step Size Schedule", 2023,
    equation 1. ε and the defaults are those of its authors' code (``dog-optimizer``). The paper evaluates an average of
    the parameters; this rule evaluates the parameters themselves.

    The same as Optax's ``dog``. Keras and PyTorch have no such rule. There is no weight decay.
    """

    def init(params: Params) -> DoGState:
        rho, epsilon = scalars(params, first_distance, eps)
        distance = rho * (1 + global_norm(params))
        return DoGState(first_step(), distance, epsilon, [tf.identity(p) for p in params])

    def update(grads: Updates, state: DoGState, params: Params) -> tuple[Updates, DoGState]:
        check_gradients(grads, params)
        alpha = value_at(learning_rate, state.step, params)
        displacements = [x - x0 for x, x0 in zip(params, state.start, strict=True)]
        distance = tf.maximum(state.distance, global_norm(displacements))
        squares = state.squares + sum_of_squares(grads)
        eta = alpha * distance / tf.sqrt(squares)

        def equations(g: Tensor) -> tuple[Tensor]:
            return (-eta * g,)

        (updates,) = apply_equations(equations, grads, params)
        return updates, DoGState(state.step + 1, distance, squares, state.start)

    return Optimizer(init, update)


ABOUT = About(
    words="SGD that finds its learning rate",
    floats=1,
    references=[Reference("Optax", "contrib.dog", {"learning_rate": 1.0})],
)
