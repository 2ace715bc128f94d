"""A schedule that returns learning rates instead of factors, because some of its rates are absolute."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from optbench.schedules.base import Tensor


class RateSchedule(NamedTuple):
    """Learning rates as a function of the optimizer's learning rate, the step and the length of the run."""

    rate: Callable[[Tensor, Tensor, int], Tensor]  # (learning rate of the optimizer, step, total_steps) -> scalar

    def __call__(self, step: Tensor, total_steps: int) -> Tensor:
        """The rate for an optimizer whose own rate is 1."""
        return self.rate(tf.constant(1.0), step, total_steps)

    def apply(self, learning_rate: Tensor, total_steps: int) -> Callable[[Tensor], Tensor]:
        """Combine a learning rate (a number or a scalar tensor) with the schedule into a function of the step."""

        def rate(step: Tensor) -> Tensor:
            value = learning_rate if tf.is_tensor(learning_rate) else tf.constant(learning_rate, tf.float64)
            return tf.cast(self.rate(value, step, total_steps), value.dtype)

        return rate
