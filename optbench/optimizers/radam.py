"""RAdam: Adam without its denominator in the first steps, and with a variance rectification afterwards."""

from typing import Annotated

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    Moments,
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


def radam(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-8,
) -> Optimizer:
    """Rectified Adam.

    .. math::
        m̂_t, v̂_t &\\quad \\text{as in Adam}  \\\\
        ρ_∞ &= 2 / (1 - β_2) - 1  \\\\
        ρ_t &= ρ_∞ - 2 t β_2^t / (1 - β_2^t)  \\\\
        r_t &= \\sqrt{\\frac{(ρ_t - 4)(ρ_t - 2) ρ_∞}{(ρ_∞ - 4)(ρ_∞ - 2) ρ_t}}  \\\\
        θ_t &= θ_{t-1} - α r_t m̂_t / (\\sqrt{v̂_t} + ε)  &\\quad ρ_t > 5  \\\\
        θ_t &= θ_{t-1} - α m̂_t  &\\quad \\text{else}

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected v̂.

    Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2020, algorithm 2, which has no ε
    and divides if ρ > 4. The threshold of 5, ε and the defaults are those of its authors' code.

    The same as Optax's ``radam``. PyTorch's ``RAdam`` adds ε before the bias correction of v. Keras has no such rule.
    There is no weight decay.
    """

    def init(params: Params) -> Moments:
        return Moments(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: Moments, params: Params) -> tuple[Updates, Moments]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon = scalars(params, b1, b2, eps)
        t = state.step + 1
        m_correction, v_correction = correction_factor(beta1, t), correction_factor(beta2, t)
        rectifies, r = rectification(beta2, t)

        def equations(g: Tensor, m: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * tf.square(g)
            m_hat = m * m_correction
            v_hat = v * v_correction
            return -alpha * m_hat * tf.where(rectifies, r / (tf.sqrt(v_hat) + epsilon), tf.ones_like(g)), m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v)
        return updates, Moments(t, m, v)

    return Optimizer(init, update)


def rectification(beta2: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Whether ``ρ_t`` > 5, and ``r_t``. Computed in float64, because ρ is a small difference of large numbers."""
    beta, steps = tf.cast(beta2, tf.float64), tf.cast(t, tf.float64)
    limit = 2 / (1 - beta) - 1
    rho = limit - 2 * steps * beta**steps * correction_factor(beta, t)
    rectifies = rho > 5
    above = tf.where(rectifies, rho, 5)  # keeps r finite where it is not used
    r = tf.sqrt((above - 4) * (above - 2) * limit / ((limit - 4) * (limit - 2) * above))
    return rectifies, tf.cast(r, beta2.dtype)


ABOUT = About(
    words="Adam that waits with its denominator",
    floats=2,
    references=[
        Reference(
            "PyTorch",
            "optim.RAdam",
            {"lr": 0.001},
            word="eps",
            why="PyTorch adds eps before v is corrected for its start.",
            equal=Equal({"eps": TINY}, {"eps": TINY}, "eps too small to show"),
        ),
        Reference("Optax", "radam", {"learning_rate": 0.001}),
    ],
)
