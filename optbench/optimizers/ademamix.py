"""AdEMAMix: Adam with a second, slower average of the gradients, which covers thousands of steps."""

from typing import Annotated, NamedTuple

import tensorflow as tf

from optbench.config.parameters import AtLeastOne
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
    decay,
    first_step,
    scalars,
    value_at,
    zeros,
)
from optbench.spec.about import About, Reference


class AdEMAMixState(NamedTuple):
    """State of AdEMAMix."""

    step: Tensor  # int32 scalar
    m: list[Tensor]  # fast average of the gradients, one tensor per parameter
    slow: list[Tensor]  # slow average of the gradients, one tensor per parameter
    v: list[Tensor]  # average of the squared gradients, one tensor per parameter


def ademamix(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1, "()")] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    b3: Annotated[float, Range(0, 1, "()")] = 0.9999,
    mix: Annotated[float, NonNegative] = 5.0,
    warmup_steps: Annotated[float, AtLeastOne] = 1.0,
    eps: Annotated[float, Positive] = 1e-8,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.0,
    decay_all: bool = False,
) -> Optimizer:
    """AdEMAMix: AdamW with a fast and a slow average of the gradients.

    .. math::
        a_t &= a \\min(t / T, 1)  \\\\
        1 / \\ln β_3(t) &= (1 - \\min(t / T, 1)) / \\ln β_1 + \\min(t / T, 1) / \\ln β_3  \\\\
        m_t &= β_1 m_{t-1} + (1 - β_1) g_t  \\\\
        s_t &= β_3(t) s_{t-1} + (1 - β_3(t)) g_t  \\\\
        v_t &= β_2 v_{t-1} + (1 - β_2) g_t^2  \\\\
        u_t &= (m_t / (1 - β_1^t) + a_t s_t) / (\\sqrt{v_t / (1 - β_2^t)} + ε)  \\\\
        θ_t &= θ_{t-1} - α (u_t + λ θ_{t-1})

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the fast average and initial value of β₃(t), in (0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        b3: β₃, final decay of the slow average, in (0, 1).
        mix: a, at least 0, final weight of the slow average. 0 is AdamW.
        warmup_steps: T ≥ 1, steps until a and β₃ reach their final values; with 1 they have them from the first step.
            The paper uses the length of the run.
        eps: ε > 0, outside the root, beside the corrected v.
        weight_decay: λ, at least 0, of weights, multiplied by the scheduled learning rate.
        decay_all: whether biases and scales decay too.

    Source: Pagliardini, Ablin and Grangier, "The AdEMAMix Optimizer: Better, Faster, Older", 2024, algorithm 1; β₃(t)
    is its schedule of β₃, along which the half-life grows linearly. The defaults are the paper's.

    The slow average has no bias correction. Optax's ``ademamix`` has the same equations, with a and β₃ as schedules
    that the caller supplies. Keras and PyTorch have no such rule.
    """

    def init(params: Params) -> AdEMAMixState:
        return AdEMAMixState(first_step(), zeros(params), zeros(params), zeros(params))

    def update(grads: Updates, state: AdEMAMixState, params: Params) -> tuple[Updates, AdEMAMixState]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, beta3, a, warmup, epsilon, rate = scalars(
            params, b1, b2, b3, mix, warmup_steps, eps, weight_decay
        )
        t = state.step + 1
        m_correction, v_correction = correction_factor(beta1, t), correction_factor(beta2, t)
        progress = tf.minimum(tf.cast(t, warmup.dtype) / warmup, 1)
        slow_weight = slow_average_weight(beta1, beta3, progress)

        def equations(g: Tensor, m: Tensor, slow: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, ...]:
            m = beta1 * m + (1 - beta1) * g
            slow = slow + slow_weight * (g - slow)
            v = beta2 * v + (1 - beta2) * tf.square(g)
            u = (m * m_correction + progress * a * slow) / (tf.sqrt(v * v_correction) + epsilon)
            return -alpha * (u + decay(rate, x, decay_all)), m, slow, v

        updates, m, slow, v = apply_equations(equations, grads, params, state.m, state.slow, state.v, params)
        return updates, AdEMAMixState(t, m, slow, v)

    return Optimizer(init, update)


def slow_average_weight(beta1: Tensor, beta3: Tensor, progress: Tensor) -> Tensor:
    """``1 - β₃(t)``, the weight of a new gradient in the slow average, a scalar; accurate for β₃ near 1."""
    fast, slow = tf.math.log1p(beta1 - 1), tf.math.log1p(beta3 - 1)
    return -tf.math.expm1(1 / ((1 - progress) / fast + progress / slow))


ABOUT = About(
    words="Adam with a second, long average",
    floats=3,
    references=[
        Reference("Optax", "contrib.ademamix", {"learning_rate": 0.001}, note="Its warm-ups are the caller's."),
        Reference(
            "pytorch-optimizer",
            "AdEMAMix",
            {"lr": 0.001, "weight_decay": 0.01, "weight_decouple": True},
            ours={"weight_decay": 0.01, "decay_all": True},
        ),
    ],
)
