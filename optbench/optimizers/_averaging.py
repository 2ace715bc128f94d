"""Helpers of the Schedule-Free rules: a fast sequence z, its running average x, and an interpolation y of the two.

    x_t = x_{t-1} + c_t (z_t - x_{t-1})        y_t = (1 - b) z_t + b x_t

The parameters are y. The state holds the lead of z over x, taken before x is updated with the new z:

    lead_t = z_t - x_{t-1} = (1 - c_{t-1}) lead_{t-1} - step_t
    y_t - y_{t-1}          = b c_t lead_t - (1 - b) step_t
    x_t                    = y_t - (1 - b) (1 - c_t) lead_t

The lead is computed from the steps alone. Recovering z from y would lose most of a short step to float32 rounding.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from optbench.optimizers.base import scalar, scalars

Tensor = Any


class AveragingWeights(NamedTuple):
    """State of the weighted average x: the weights of the steps so far."""

    largest_rate: Tensor  # scalar: the largest learning rate so far
    total: Tensor  # scalar: the sum of the weights
    share: Tensor  # scalar: c, the weight of the last step relative to the sum


def initial_averaging_weights(params: list[Tensor]) -> AveragingWeights:
    """The averaging weights before the first step: zeros."""
    (zero,) = scalars(params, 0.0)
    return AveragingWeights(zero, zero, zero)


def update_averaging_weights(weights: AveragingWeights, alpha: Tensor, power: Tensor) -> AveragingWeights:
    """Add a step with learning rate ``alpha``. The share of the first step is 1."""
    largest = tf.maximum(weights.largest_rate, alpha)
    weight = largest**power
    total = weights.total + weight
    return AveragingWeights(largest, total, tf.math.divide_no_nan(weight, total))  # a schedule may start at zero


def update_lead(lead: Tensor, step: Tensor, before: AveragingWeights) -> Tensor:
    """``lead_t`` after z moves by ``-step``; ``before`` holds the averaging weights of the previous step."""
    return (1 - before.share) * lead - step


def update_of_y(lead: Tensor, step: Tensor, beta: Tensor, weights: AveragingWeights) -> Tensor:
    """``y_t - y_{t-1}`` after z moves by ``-step``; ``lead`` and ``weights`` are those of this step."""
    return beta * weights.share * lead - (1 - beta) * step


def averaged_params(leads: list[Tensor], y: list[Tensor], beta: Any, weights: AveragingWeights) -> list[Tensor]:
    """x of every parameter."""
    return [p - (1 - scalar(beta, p.dtype)) * (1 - weights.share) * lead for lead, p in zip(leads, y, strict=True)]
