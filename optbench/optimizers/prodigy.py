"""Prodigy: Adam that estimates the distance to the solution and uses it as the learning rate."""

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
    check_gradients,
    decay,
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Equal, Reference


class ProdigyState(NamedTuple):
    """State of Prodigy."""

    step: Tensor  # int32 scalar
    d: Tensor  # scalar: estimate of the distance to the solution, never decreasing
    r: Tensor  # scalar: decaying sum of inner products of gradients and the displacement from the start
    m: list[Tensor]  # average of the gradients times d, one tensor per parameter
    v: list[Tensor]  # average of their squares, one tensor per parameter
    s: list[Tensor]  # decaying sum of the gradients times their step sizes, one tensor per parameter
    start: list[Tensor]  # the initial parameters


def prodigy(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-2, 10.0, log=True)] = 1.0,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.0,
    d0: Annotated[float, Positive] = 1e-6,
    d_factor: Annotated[float, Positive] = 1.0,
    decay_all: bool = False,
) -> Optimizer:
    """Prodigy, in its variant for Adam.

    .. math::
        η_t &= α d_t  \\\\
        r_{t+1} &= \\sqrt{β_2} r_t + (d_t / d_0) η_t ⟨g_t, θ_0 - θ_t⟩  \\\\
        s_{t+1} &= \\sqrt{β_2} s_t + (d_t / d_0) η_t g_t  \\\\
        d_{t+1} &= \\max(d_t, γ r_{t+1} / ‖s_{t+1}‖_1)  \\\\
        m_{t+1} &= β_1 m_t + (1 - β_1) d_t g_t  \\\\
        v_{t+1} &= β_2 v_t + (1 - β_2) d_t^2 g_t^2  \\\\
        θ_{t+1} &= θ_t - η_t (m_{t+1} / (\\sqrt{v_{t+1}} + d_{t+1} ε) + λ θ_t)

    Inner product and norm are over all parameters. While all gradients are zero, d and the parameters do not change.

    Args:
        learning_rate: α > 0, a number or a schedule, multiplied by the estimated distance.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1); its root is the decay of r and s.
        eps: ε > 0, outside the root, multiplied by the estimated distance.
        weight_decay: λ, at least 0, of weights, multiplied by η_t.
        d0: d₀ > 0, initial estimate of the distance. A value that is too small is safer than one that is too large.
        d_factor: γ > 0, factor on each new estimate.
        decay_all: whether biases and scales decay too.

    Source: Mishchenko and Defazio, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner", 2024, algorithm 4. The
    product of ε and the new d, the absence of bias correction and the defaults are those of its authors' code
    (``prodigyopt``).

    Optax's ``prodigy`` has a bias correction in the step size. Keras and PyTorch have no such rule.
    """

    def init(params: Params) -> ProdigyState:
        d, r = scalars(params, d0, 0.0)
        start = [tf.identity(p) for p in params]
        return ProdigyState(first_step(), d, r, zeros(params), zeros(params), zeros(params), start)

    def update(grads: Updates, state: ProdigyState, params: Params) -> tuple[Updates, ProdigyState]:
        check_gradients(grads, params)
        beta1, beta2, epsilon, rate, d_0, gamma = scalars(params, b1, b2, eps, weight_decay, d0, d_factor)
        beta3, d = tf.sqrt(beta2), state.d
        eta = value_at(learning_rate, state.step, params) * d
        s = [beta3 * before + d / d_0 * eta * g for before, g in zip(state.s, grads, strict=True)]
        inner_products = [tf.reduce_sum(g * (x0 - x)) for g, x0, x in zip(grads, state.start, params, strict=True)]
        r = beta3 * state.r + d / d_0 * eta * tf.add_n(inner_products)
        norm_of_s = tf.add_n([tf.reduce_sum(tf.abs(x)) for x in s])
        d_next = tf.maximum(d, gamma * tf.math.divide_no_nan(r, norm_of_s))

        def equations(g: Tensor, m: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * d * g
            v = beta2 * v + (1 - beta2) * tf.square(d * g)
            return -eta * (m / (tf.sqrt(v) + d_next * epsilon) + decay(rate, x, decay_all)), m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v, params)
        return updates, ProdigyState(state.step + 1, d_next, r, m, v, s, state.start)

    return Optimizer(init, update)


ABOUT = About(
    words="Adam that finds its learning rate",
    floats=4,
    references=[
        Reference(
            "Optax",
            "contrib.prodigy",
            {"learning_rate": 1.0},
            word="bias correction",
            why="Optax multiplies the step by Adam's bias corrections.",
            equal=Equal({"betas": [0.0, 0.0], "beta3": 0.0}, {"b1": 0.0, "b2": 0.0}, "b1 and b2 0: nothing to correct"),
        ),
        Reference(
            "pytorch-optimizer",
            "Prodigy",
            {"lr": 1.0},
            word="float32 sums",
            why="It keeps the two sums that d is estimated from in float32.",
            equal=Equal(
                {"lr": 0.001, "d0": 1.0},
                {"learning_rate": 0.001, "d0": 1.0},
                "a d0 so large that d never grows over it",
            ),
        ),
    ],
)
