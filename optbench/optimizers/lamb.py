"""LAMB: AdamW with the step of each weight scaled to the weight's norm."""

from typing import Annotated

import tensorflow as tf

from optbench.optimizers.base import (
    LearningRate,
    Moments,
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
    is_weight,
    norm,
    scalars,
    trust_ratio,
    value_at,
    zeros,
)
from optbench.spec.about import About, Equal, Reference


def lamb(
    learning_rate: Annotated[LearningRate, Positive, Search(1e-5, 1.0, log=True)] = 0.001,
    b1: Annotated[float, Range(0, 1)] = 0.9,
    b2: Annotated[float, Range(0, 1)] = 0.999,
    eps: Annotated[float, Positive] = 1e-6,
    weight_decay: Annotated[float, NonNegative, Search(1e-5, 1.0, log=True)] = 0.01,
    adapt_all: bool = False,
) -> Optimizer:
    """LAMB, layer-wise adaptive moments.

    .. math::
        m̂_t, v̂_t &\\quad \\text{as in Adam}  \\\\
        r_t &= m̂_t / (\\sqrt{v̂_t} + ε) + λ θ_{t-1}  \\\\
        θ_t &= θ_{t-1} - α r_t ‖θ_{t-1}‖ / ‖r_t‖

    Norms are per parameter. Biases and scales have no ratio of norms and do not decay. The ratio is 1 for a weight that
    is zero or whose r is zero.

    Args:
        learning_rate: α > 0, a number or a schedule.
        b1: β₁, decay of the average of gradients, in [0, 1).
        b2: β₂, decay of the average of squared gradients, in [0, 1).
        eps: ε > 0, outside the root, beside the corrected v̂.
        weight_decay: λ, at least 0, of weights, included in the norm of r.
        adapt_all: whether biases and scales are scaled and decay as weights do.

    Source: You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", 2020, algorithm 2
    with φ(z) = z. The exception for biases and scales, ε and the defaults are those of its authors' code.

    Optax's ``lamb`` applies the same rule to every parameter (λ 0). Keras's ``Lamb`` applies the ratio to every
    parameter, the decay outside of the ratio, and has an eps of 1e-7. PyTorch has no such rule.
    """

    def init(params: Params) -> Moments:
        return Moments(first_step(), zeros(params), zeros(params))

    def update(grads: Updates, state: Moments, params: Params) -> tuple[Updates, Moments]:
        alpha = value_at(learning_rate, state.step, params)
        beta1, beta2, epsilon, rate = scalars(params, b1, b2, eps, weight_decay)
        t = state.step + 1
        m_correction, v_correction = correction_factor(beta1, t), correction_factor(beta2, t)

        def equations(g: Tensor, m: Tensor, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * tf.square(g)
            r = m * m_correction / (tf.sqrt(v * v_correction) + epsilon) + decay(rate, x, adapt_all)
            trust = trust_ratio(norm(x), norm(r)) if adapt_all or is_weight(x) else 1
            return -alpha * trust * r, m, v

        updates, m, v = apply_equations(equations, grads, params, state.m, state.v, params)
        return updates, Moments(t, m, v)

    return Optimizer(init, update)


ABOUT = About(
    words="AdamW in shares of a weight's norm",
    floats=2,
    references=[
        Reference(
            "Keras",
            "Lamb",
            {"beta_1": 0.9, "beta_2": 0.999, "learning_rate": 0.001, "epsilon": 1e-6, "weight_decay": 0.01},
            ours={"adapt_all": True},
            word="decay",
            why="Keras decays beside the ratio of norms, not inside it.",
            equal=Equal({"weight_decay": 0.0}, {"weight_decay": 0.0}, "no decay"),
            note="Takes the ratio of biases and scales too.",
        ),
        Reference(
            "Optax",
            "lamb",
            {"learning_rate": 0.001, "weight_decay": 0.01},
            ours={"adapt_all": True},
            note="Takes the ratio of biases and scales too.",
        ),
    ],
)
