"""Shampoo: each side of a weight's gradient is divided by a root of what that side has seen."""

from typing import Annotated, Any, NamedTuple

import tensorflow as tf

from optbench.config.parameters import AtLeastOne
from optbench.optimizers._matrices import Sides, between, empty_sides, flat, inverse_roots, products
from optbench.optimizers.adagrad import adagrad
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
    norm,
    scalars,
    value_at,
    weights_and_rest,
    zeros,
)


class ShampooState(NamedTuple):
    """What Shampoo remembers of the weights."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the directions, one of each weight's shape
    v: list[Tensor]  # sum of squared gradients, of each weight's shape: how long Adagrad's step is
    statistics: list[Sides]  # sums of G Gᵀ and Gᵀ G of each weight, of the sides that are not too long
    roots: list[Sides]  # their inverse roots


def shampoo(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 10.0, log=True)] = 0.1,
    b: Annotated[float, Range(0, 1)] = 0.9,
    eps: Annotated[float, Positive] = 1e-6,
    graft_eps: Annotated[float, Positive] = 1e-10,
    interval: Annotated[int, AtLeastOne] = 1,
    largest: Annotated[int, AtLeastOne] = 1024,
) -> Optimizer:
    """Shampoo for weights, with steps as long as Adagrad's; Adagrad for biases and scales.

    .. math::
        L_t &= L_{t-1} + G_t G_t^T, \\quad R_t = R_{t-1} + G_t^T G_t  \\\\
        P_t &= (L_t + ε ‖L_t‖_F I)^{-1/4} G_t (R_t + ε ‖R_t‖_F I)^{-1/4}  \\\\
        V_t &= V_{t-1} + G_t^2, \\quad A_t = G_t / (\\sqrt{V_t} + ε_A)  \\\\
        M_t &= b M_{t-1} + (1 - b) P_t ‖A_t‖_F / ‖P_t‖_F  \\\\
        W_t &= W_{t-1} - α M_t

    A kernel of a convolution is flattened to a matrix, its last axis the columns. A side that is longer than
    ``largest`` has no factor, and the other one then the power -1/2; with neither P is G. Roots are by Newton's
    iteration, matrix products alone. Runs are trained one by one, not in lanes.

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the average of directions, in [0, 1).
        eps: ε > 0, added to the diagonals, relative to their norm.
        graft_eps: Adagrad's ε > 0, outside its root.
        interval: steps from one computation of the roots to the next, at least 1.
        largest: the longest side that has a factor, at least 1.

    Source: Gupta, Koren and Singer, "Shampoo: Preconditioned Stochastic Tensor Optimization", 2018, algorithm 1, where
    L and R begin at an absolute ε I; grafting and the interval are of Anil et al., "Scalable Second Order Optimization
    for Deep Learning", 2020, as is the iteration. α, ε and b are ours.

    Keras, PyTorch and Optax have none. There is no decay of weights.
    """
    weights = shampoo_of_weights(learning_rate, b, eps, graft_eps, interval, largest)
    return weights_and_rest(weights, adagrad(learning_rate, graft_eps))


def shampoo_of_weights(
    learning_rate: LearningRate, b: float, eps: float, graft_eps: float, interval: int, largest: int
) -> Optimizer:
    """Shampoo for parameters that are all weights."""

    def init(params: Params) -> ShampooState:
        nothing = [empty_sides(flat(p), largest) for p in params]
        return ShampooState(first_step(), zeros(params), zeros(params), nothing, nothing)

    def update(grads: Updates, state: ShampooState, params: Params) -> tuple[Updates, ShampooState]:
        alpha = value_at(learning_rate, state.step)
        beta, ridge, epsilon = scalars(params, b, eps, graft_eps)
        due = state.step % interval == 0

        def equations(g: Tensor, m: Tensor, v: Tensor, seen: Sides, roots: Sides) -> tuple[Any, ...]:
            matrix = flat(g)
            seen = Sides(*(s + new for s, new in zip(seen, products(matrix, largest), strict=True)))
            roots = tf.cond(due, lambda: inverse_roots(seen, ridge), lambda: roots)
            direction = tf.reshape(between(roots, matrix), g.shape)
            v = v + tf.square(g)
            graft = norm(g / (tf.sqrt(v) + epsilon))
            m = beta * m + (1 - beta) * direction * tf.math.divide_no_nan(graft, norm(direction))
            return -alpha * m, m, v, seen, roots

        slots = (state.m, state.v, state.statistics, state.roots)
        updates, m, v, statistics, roots = apply_equations(equations, grads, params, *slots)
        return updates, ShampooState(state.step + 1, m, v, statistics, roots)

    return Optimizer(init, update, lanes="one")  # XLA does not compile such branches mapped over lanes
