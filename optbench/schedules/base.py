"""The type of a schedule: a factor on the learning rate, ``(step, total_steps) -> scalar``.

``step`` is the number of updates made so far, from 0 to ``total_steps - 1``. Every factor is at most 1 and multiplies
the learning rate, so that a schedule works with any rule and any learning rate. A schedule that ends at
``final_factor`` reaches it at ``total_steps``, one step after the last, and is constant from there on.

Floats may be tensors, because runs that differ only in floats share one program. Never use them in Python control flow.
Integers (numbers of steps) are part of the program's structure.
"""

from collections.abc import Callable
from typing import Annotated, Any

import tensorflow as tf

from optbench.config.parameters import AtLeastOne, Range

Tensor = Any
Schedule = Callable[[Tensor, int], Tensor]
Share = Annotated[float, Range(0, 1, "[]")]
Steps = Annotated[int | None, AtLeastOne]


def apply_schedule(learning_rate: Tensor, schedule: Schedule, total_steps: int) -> Callable[[Tensor], Tensor]:
    """Combine a learning rate (a number or a scalar tensor) with a schedule into a function of the integer step.

    For a number, the function returns float64.
    """

    def rate(step: Tensor) -> Tensor:
        value = learning_rate if tf.is_tensor(learning_rate) else tf.constant(learning_rate, tf.float64)
        return value * tf.cast(schedule(step, total_steps), value.dtype)

    return rate
