"""FTRL-Proximal: minimizes the linearized losses of all steps so far, with an L1 penalty that produces zeros."""

import math
from typing import Annotated, NamedTuple

import tensorflow as tf

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
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Equal, Reference


class FTRLState(NamedTuple):
    """State of FTRL-Proximal."""

    step: Tensor  # int32 scalar
    z: list[Tensor]  # sum of the gradients minus the proximal terms σ θ, one tensor per parameter
    n: list[Tensor]  # sum of the squared gradients, one tensor per parameter


def ftrl(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-4, 10.0, log=True)] = 0.1,
    beta: Annotated[float, Positive] = 1.0,
    l1: Annotated[float, NonNegative] = 0.0,
    l2: Annotated[float, NonNegative] = 0.0,
    l2_shrinkage: Annotated[float, NonNegative] = 0.0,
    learning_rate_power: Annotated[float | None, Range(-math.inf, 0, "(]")] = None,
    initial_accumulator: Annotated[float, NonNegative] = 0.0,
) -> Optimizer:
    """FTRL-Proximal with per-coordinate learning rates.

    .. math::
        n_t &= n_{t-1} + g_t^2, \\quad n_0 = n  \\\\
        σ_t &= (n_t^{-p} - n_{t-1}^{-p}) / α, \\quad p = -1/2  \\\\
        z_t &= z_{t-1} + g_t + 2 λ_s θ_{t-1} - σ_t θ_{t-1}  \\\\
        θ_t &= -(z_t - \\mathrm{clip}(z_t, -λ_1, λ_1)) / ((β + n_t^{-p}) / α + λ_2)

    The minimum does not depend on the initial parameters: the first nonzero gradient of a parameter replaces its
    initial value. This suits linear models, which start at zero, but discards the random initial weights of a network.

    Args:
        learning_rate: α > 0, a number or a schedule.
        beta: β > 0, in the denominator, where other rules have eps.
        l1: λ₁, at least 0, strength of the L1 penalty: parameters with small gradients become exactly zero.
        l2: λ₂, at least 0, strength of the L2 penalty.
        l2_shrinkage: λ_s, at least 0, strength of an L2 penalty whose gradient enters z but not n.
        learning_rate_power: p, at most 0, the power with which the learning rate falls as n grows. None is -1/2, the
            square root; 0 is a constant learning rate.
        initial_accumulator: n, at least 0, with which the sum of each coordinate starts.

    Source: McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013, algorithm 1. β = 1 as it advises. The
    last three arguments are those of Keras's ``Ftrl``.

    Keras's ``Ftrl`` starts n at 0.1, has β = 0 and applies twice the L2 strength. PyTorch and Optax have no
    such rule. There is no other weight decay.
    """

    def init(params: Params) -> FTRLState:
        (start,) = scalars(params, initial_accumulator)
        return FTRLState(first_step(), zeros(params), [n + start for n in zeros(params)])

    def update(grads: Updates, state: FTRLState, params: Params) -> tuple[Updates, FTRLState]:
        alpha = value_at(learning_rate, state.step, params)
        offset, lambda1, lambda2, shrinkage = scalars(params, beta, l1, l2, l2_shrinkage)

        def power(n: Tensor) -> Tensor:
            return tf.sqrt(n) if learning_rate_power is None else tf.pow(n, *scalars(params, -learning_rate_power))

        def equations(g: Tensor, z: Tensor, n: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            before, n = n, n + tf.square(g)
            sigma = (power(n) - power(before)) / alpha
            z = z + g + 2 * shrinkage * x - sigma * x
            minimum = -(z - tf.clip_by_value(z, -lambda1, lambda1)) / ((offset + power(n)) / alpha + lambda2)
            return minimum - x, z, n

        updates, z, n = apply_equations(equations, grads, params, state.z, state.n, params)
        return updates, FTRLState(state.step + 1, z, n)

    return Optimizer(init, update)


ABOUT = About(
    words="the minimum of all gradients so far; for linear models",
    floats=2,
    references=[
        Reference(
            "Keras",
            "Ftrl",
            {"learning_rate": 0.1, "beta": 1.0},
            word="start of the sum",
            why="Keras starts the sum of squares at 0.1, not 0.",
            equal=Equal({"initial_accumulator_value": 0.1}, {"initial_accumulator": 0.1}, "sums from 0.1"),
            note="Keras's default beta is 0.",
        ),
        Reference(
            "Keras",
            "Ftrl",
            {
                "learning_rate": 0.1,
                "beta": 1.0,
                "initial_accumulator_value": 0.1,
                "learning_rate_power": -0.7,
                "l1_regularization_strength": 0.01,
                "l2_regularization_strength": 0.05,
                "l2_shrinkage_regularization_strength": 0.02,
            },
            variant="penalties",
            ours={"initial_accumulator": 0.1, "learning_rate_power": -0.7, "l1": 0.01, "l2": 0.1, "l2_shrinkage": 0.02},
            note="Keras applies twice its l2 strength; l1 and the shrinkage are those of this rule.",
        ),
        Reference(
            "pytorch-optimizer",
            "FTRL",
            {"lr": 0.1, "beta": 1.0, "lambda_1": 0.01, "lambda_2": 0.1},
            ours={"l1": 0.01, "l2": 0.1},
        ),
    ],
)
