"""Shampoo: preconditions both sides of a weight's gradient with inverse roots of accumulated statistics."""

from typing import Annotated, Any, NamedTuple

import tensorflow as tf

from optbench.config.parameters import AtLeastOne
from optbench.optimizers._matrices import (
    Sides,
    flatten_to_matrix,
    gram_matrices,
    inverse_roots,
    multiply_sides,
    zero_gram_matrices,
)
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
    partition_params,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Equal, MatrixFloats, Reference


class ShampooState(NamedTuple):
    """State of Shampoo, for the weights."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # average of the directions, one tensor per weight
    v: list[Tensor]  # sum of squared gradients, one tensor per weight, for the length of Adagrad's step
    statistics: list[Sides]  # sums of G Gᵀ and Gᵀ G, one pair per weight
    roots: list[Sides]  # inverse roots of the statistics


def shampoo(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 10.0, log=True)] = 0.1,
    b: Annotated[float, Range(0, 1)] = 0.9,
    eps: Annotated[float, Positive] = 1e-6,
    graft_eps: Annotated[float, Positive] = 1e-10,
    interval: Annotated[int, AtLeastOne] = 1,
    largest: Annotated[int, AtLeastOne] = 1024,
) -> Optimizer:
    """Shampoo for weights, with the step length of Adagrad; Adagrad for biases and scales.

    .. math::
        L_t &= L_{t-1} + G_t G_t^T, \\quad R_t = R_{t-1} + G_t^T G_t  \\\\
        P_t &= (L_t + ε ‖L_t‖_F I)^{-1/4} G_t (R_t + ε ‖R_t‖_F I)^{-1/4}  \\\\
        V_t &= V_{t-1} + G_t^2, \\quad A_t = G_t / (\\sqrt{V_t} + ε_A)  \\\\
        M_t &= b M_{t-1} + (1 - b) P_t ‖A_t‖_F / ‖P_t‖_F  \\\\
        W_t &= W_{t-1} - α M_t

    The kernel of a convolution is flattened to a matrix, with its last axis as the columns. A side that is longer than
    ``largest`` has no factor, and the other side then has the power -1/2; if both are too long, P is G. Newton's
    iteration computes the roots with matrix products only. Runs are trained one by one, not in lanes.

    Args:
        learning_rate: α > 0, a number or a schedule.
        b: decay of the average of directions, in [0, 1).
        eps: ε > 0, added to the diagonals, relative to their norm.
        graft_eps: Adagrad's ε > 0, outside its root.
        interval: number of steps between two computations of the roots, at least 1.
        largest: length of the longest side that has a factor, at least 1.

    Source: Gupta, Koren and Singer, "Shampoo: Preconditioned Stochastic Tensor Optimization", 2018, algorithm 1, where
    L and R start at ε I, with an absolute ε. Grafting, the interval and the iteration are those of Anil et al.,
    "Scalable Second Order Optimization for Deep Learning", 2020. The defaults of α, ε and b are ours.

    Keras, PyTorch and Optax have no such rule. There is no weight decay.
    """
    weights = shampoo_of_weights(learning_rate, b, eps, graft_eps, interval, largest)
    return partition_params(weights, adagrad(learning_rate, graft_eps))


def shampoo_of_weights(
    learning_rate: LearningRate, b: float, eps: float, graft_eps: float, interval: int, largest: int
) -> Optimizer:
    """Shampoo for a model that has weights only."""

    def init(params: Params) -> ShampooState:
        zero_sides = [zero_gram_matrices(flatten_to_matrix(p), largest) for p in params]
        return ShampooState(first_step(), zeros(params), zeros(params), zero_sides, zero_sides)

    def update(grads: Updates, state: ShampooState, params: Params) -> tuple[Updates, ShampooState]:
        alpha = value_at(learning_rate, state.step, params)
        beta, ridge, epsilon = scalars(params, b, eps, graft_eps)
        due = state.step % interval == 0

        def equations(g: Tensor, m: Tensor, v: Tensor, sums: Sides, roots: Sides) -> tuple[Any, ...]:
            matrix = flatten_to_matrix(g)
            sums = Sides(*(s + new for s, new in zip(sums, gram_matrices(matrix, largest), strict=True)))
            roots = tf.cond(due, lambda: inverse_roots(sums, ridge), lambda: roots)
            direction = tf.reshape(multiply_sides(roots, matrix), g.shape)
            v = v + tf.square(g)
            graft = norm(g / (tf.sqrt(v) + epsilon))
            m = beta * m + (1 - beta) * direction * tf.math.divide_no_nan(graft, norm(direction))
            return -alpha * m, m, v, sums, roots

        slots = (state.m, state.v, state.statistics, state.roots)
        updates, m, v, statistics, roots = apply_equations(equations, grads, params, *slots)
        return updates, ShampooState(state.step + 1, m, v, statistics, roots)

    return Optimizer(init, update, lanes="one")  # XLA does not compile tf.cond mapped over lanes


ABOUT = About(
    words="weights: over roots of what each side saw; rest: Adagrad",
    floats=MatrixFloats(rest=1, per_element=2, per_squared_side=2),
    references=[
        Reference(
            "pytorch-optimizer",
            "ScalableShampoo",
            {
                "lr": 0.1,
                "betas": [0.9, 1 - 2**-53],  # 1 is refused
                "moving_average_for_momentum": True,
                "start_preconditioning_step": 1,
                "preconditioning_compute_steps": 1,
                "graft_type": 2,
                "nesterov": False,
                "shape_interpretation": False,
            },
            word="eps",
            why="It begins its statistics at an absolute eps, and takes eps times their largest eigenvalue where this "
            "rule takes it times their norm.",
            equal=Equal({"matrix_eps": 1e-60, "use_svd": True}, {"eps": 1e-16}, "eps too small to show"),
            scope="square weights",
        )
    ],
)
