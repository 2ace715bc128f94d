"""The type of a schedule: a factor on the learning rate, ``(step, total_steps) -> scalar``.

``step`` counts the updates made before, so it runs from 0 to ``total_steps - 1``. Every factor is at most 1 and
multiplies the learning rate, so one schedule fits any rule and any rate. A schedule that ends at ``final_factor`` would
reach it at ``total_steps``, one step after the last; beyond that it stays there.

Floats may be tensors, and runs that differ only in them share one program: never use them in Python control flow. Whole
numbers (steps) are structure.
"""

from collections.abc import Callable
from typing import Annotated, Any

import tensorflow as tf

from optbench.config.parameters import AtLeastOne, Range

Tensor = Any
Schedule = Callable[[Tensor, int], Tensor]
Share = Annotated[float, Range(0, 1, "[]")]
Steps = Annotated[int | None, AtLeastOne]


def scheduled(learning_rate: Tensor, schedule: Schedule, total_steps: int) -> Callable[[Tensor], Tensor]:
    """Join a learning rate (a number or a float scalar) with its schedule: the rate at an integer step."""

    def rate(step: Tensor) -> Tensor:
        value = tf.convert_to_tensor(learning_rate)
        return value * tf.cast(schedule(step, total_steps), value.dtype)

    return rate
