"""Learning-rate schedules: a factor on the learning rate, ``(step, total_steps) -> scalar``."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Tensor = Any
Schedule = Callable[[Tensor, int], Tensor]


def constant() -> Schedule:
    """The factor 1 at every step."""

    def factor(step: Tensor, total_steps: int) -> Tensor:
        return tf.constant(1.0)

    return factor


def scheduled(learning_rate: Tensor, schedule: Schedule, total_steps: int) -> Callable[[Tensor], Tensor]:
    """Join a learning rate (a number or a float scalar) with its schedule: the rate at an integer step."""

    def rate(step: Tensor) -> Tensor:
        value = tf.convert_to_tensor(learning_rate)
        return value * tf.cast(schedule(step, total_steps), value.dtype)

    return rate
