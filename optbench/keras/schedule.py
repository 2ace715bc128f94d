"""A schedule of optbench as a Keras ``LearningRateSchedule``."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from optbench.config.build import check, make
from optbench.schedules._rates import RateSchedule
from optbench.schedules.base import apply_schedule


@keras.saving.register_keras_serializable(package="optbench")
class ScheduledRate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate multiplied by a schedule of optbench.

    Args:
        learning_rate: a positive number.
        schedule: the node of the schedule; ``{"_target_": "optbench.schedules.cosine.cosine"}``.
        total_steps: the number of training steps, at least 1.
    """

    def __init__(self, learning_rate: float, schedule: Mapping[str, Any], total_steps: int) -> None:
        self.learning_rate, self.total_steps = float(learning_rate), int(total_steps)
        self.schedule = check(dict(schedule), "schedule")

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step, which is 0 before the first update."""
        rate = tf.constant(self.learning_rate, keras.config.floatx())
        schedule, step = make(self.schedule), tf.cast(step, tf.int32)
        if isinstance(schedule, RateSchedule):
            return schedule.apply(rate, self.total_steps)(step)
        return apply_schedule(rate, schedule, self.total_steps)(step)

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data."""
        return {"learning_rate": self.learning_rate, "schedule": self.schedule, "total_steps": self.total_steps}
