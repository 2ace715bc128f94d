"""Nadam: Adam with Nesterov's momentum."""

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
    correction_factor,
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import TINY, About, Equal, Reference


class NadamState(NamedTuple):
    """State of Nadam."""

    step: Tensor  # int32 scalar
    product: Tensor  # scalar: product of μ over all steps so far
    m: list[Tensor]  # average of the gradients, one tensor per parameter
    v: list[Tensor]  # average of the squared gradients, one tensor per parameter


def nadam(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.002,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
    momentum_decay: Annotated[float, NonNegative] = 0.004,
) -> Optimizer:
    """Nadam, with the paper's momentum schedule, which grows from about ``b1 / 2`` to ``b1``.

    .. math::
        μ_t &= β_1 (1 - 0.96^{ψ t} / 2)  \\\\
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        v_t &= β_2 v_{t-1} + (1 - β_2) g_t^2  \\\\
        m̂_t &= μ_{t+1} m_t / (1 - \\prod_{i=1}^{t+1} μ_i) + (1 - μ_t) g_t / (1 - \\prod_{i=1}^{t} μ_i)  \\\\
        θ_t &= θ_{t-1} - α m̂_t / (\\sqrt{v_t / (1 - β_2^t)} + ε)

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients and the limit of μ, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected v.
        momentum_decay: ψ, at least 0: how fast μ grows.

    Source: Dozat, "Incorporating Nesterov Momentum into Adam", 2016, algorithm 2. The defaults are PyTorch's.

    The same as PyTorch's ``NAdam``. Keras's ``Nadam`` has a fixed ψ = 1, so that μ reaches β₁ after about 50 steps. In
    Optax's ``nadam``, μ is constant at β₁. There is no weight decay.
    """

    def init(params: Params) -> NadamState:
        (one,) = scalars(params, 1.0)
        return NadamState(first_step(), one, zeros(params), zeros(params))

    def update(grads: Updates, state: NadamState, params: Params) -> tuple[Updates, NadamState]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon, psi = scalars(params, b1, b2, eps, momentum_decay)
        t = state.step + 1
        mu, mu_next = momentum_at(beta1, psi, t), momentum_at(beta1, psi, t + 1)
        product = state.product * mu
        v_correction = correction_factor(beta2, t)

        def equations(g: Tensor, m: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * tf.square(g)
            m_hat = mu_next * m / (1 - product * mu_next) + (1 - mu) * g / (1 - product)
            v_hat = v * v_correction
            return -alpha * m_hat / (tf.sqrt(v_hat) + epsilon), m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v)
        return updates, NadamState(t, product, m, v)

    return Optimizer(init, update)


def momentum_at(beta1: Tensor, psi: Tensor, t: Tensor) -> Tensor:
    """``μ_t``, the momentum at step ``t``, a scalar."""
    return beta1 * (1 - 0.5 * tf.exp(math.log(0.96) * psi * tf.cast(t, psi.dtype)))


ABOUT = About(
    words="Adam that looks one step ahead",
    floats=2,
    references=[
        Reference(
            "Keras",
            "Nadam",
            {"beta_1": 0.9, "beta_2": 0.999, "learning_rate": 0.002, "epsilon": 1e-8},
            word="growth of the momentum, eps",
            why="Keras lets the momentum grow 250 times as fast, which is a momentum_decay of 1, and adds eps to the "
            "root of the corrected v.",
            equal=Equal(
                {"epsilon": TINY}, {"eps": TINY, "momentum_decay": 1.0}, "momentum_decay 1, eps too small to show"
            ),
            single="Keras takes its 0.96 in float32.",
        ),
        Reference("PyTorch", "optim.NAdam", {"lr": 0.002}, single="PyTorch keeps the product of momenta in float32."),
        Reference(
            "Optax",
            "nadam",
            {"learning_rate": 0.002},
            word="momentum does not grow",
            why="Optax holds the momentum at b1 from the start.",
            equal=Equal({}, {"momentum_decay": 1e6}, "momentum_decay so large that the momentum is grown at once"),
        ),
    ],
)
