"""What the Schedule-Free rules share: a running average x of a fast sequence z, and y between the two.

    x_t = x_{t-1} + c_t (z_t - x_{t-1})        y_t = (1 - b) z_t + b x_t

The parameters are y. Remembered beside them is the lead of z, over the average that has not taken it in yet:

    lead_t = z_t - x_{t-1} = (1 - c_{t-1}) lead_{t-1} - step_t
    y_t - y_{t-1}          = b c_t lead_t - (1 - b) step_t
    x_t                    = y_t - (1 - b) (1 - c_t) lead_t

It is made of steps alone: z itself would have to be taken from y, in which float32 leaves little of a short step.
"""

from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any


class AveragingWeights(NamedTuple):
    """The weights of the average so far."""

    largest_rate: Tensor  # scalar: the largest learning rate
    total: Tensor  # scalar: the sum of the weights
    share: Tensor  # scalar: c, what of the average is the last step's


def no_weights(params: list[Tensor]) -> AveragingWeights:
    """Before the first step."""
    nothing = tf.zeros([], params[0].dtype)
    return AveragingWeights(nothing, nothing, nothing)


def weighted_mean(weights: AveragingWeights, alpha: Tensor, power: Tensor) -> AveragingWeights:
    """The weights with a step of rate ``alpha``, whose share is 1 if it is the first."""
    largest = tf.maximum(weights.largest_rate, alpha)
    weight = largest**power
    total = weights.total + weight
    return AveragingWeights(largest, total, tf.math.divide_no_nan(weight, total))  # a schedule may begin at zero


def ahead(lead: Tensor, step: Tensor, before: AveragingWeights) -> Tensor:
    """The lead after z has moved by ``-step``, the average having taken in the step before."""
    return (1 - before.share) * lead - step


def move(lead: Tensor, step: Tensor, beta: Tensor, weights: AveragingWeights) -> Tensor:
    """What is added to y when z has moved by ``-step`` to its ``lead``, and the average takes it in."""
    return beta * weights.share * lead - (1 - beta) * step


def averages(leads: list[Tensor], y: list[Tensor], beta: Any, weights: AveragingWeights) -> list[Tensor]:
    """x of each parameter."""
    return [p - (1 - tf.cast(beta, p.dtype)) * (1 - weights.share) * lead for lead, p in zip(leads, y, strict=True)]
