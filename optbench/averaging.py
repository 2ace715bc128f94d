"""What the Schedule-Free rules share: a running average x of a fast sequence z, and y between the two.

    y = (1 - b) z + b x

The parameters are y and z is remembered, so that x need not be: it follows from both.
"""

from typing import Any, NamedTuple

import tensorflow as tf

Tensor = Any


class Weights(NamedTuple):
    """The weights of the average so far."""

    largest_rate: Tensor  # scalar: the largest learning rate
    total: Tensor  # scalar: the sum of the weights


def no_weights(params: list[Tensor]) -> Weights:
    """Before the first step."""
    nothing = tf.zeros([], params[0].dtype)
    return Weights(nothing, nothing)


def weighed(weights: Weights, alpha: Tensor, power: Tensor) -> tuple[Weights, Tensor]:
    """The weights with a step of rate ``alpha``, and the share of that step in the average: 1 in the first step."""
    largest = tf.maximum(weights.largest_rate, alpha)
    weight = largest**power
    total = weights.total + weight
    return Weights(largest, total), tf.math.divide_no_nan(weight, total)  # a schedule may begin at zero


def move(y: Tensor, z: Tensor, step: Tensor, beta: Tensor, c: Tensor) -> Tensor:
    """What is added to y when z moves by ``-step`` and the average takes in the new z with share ``c``."""
    return c * (z - y) - (1 - beta * (1 - c)) * step


def averages(z: list[Tensor], y: list[Tensor], beta: Any) -> list[Tensor]:
    """x of each parameter."""
    return [after + (1 / tf.cast(beta, after.dtype) - 1) * (after - before) for before, after in zip(z, y, strict=True)]
