"""A constant learning rate."""

import tensorflow as tf

from optbench.schedules.base import Schedule, Tensor


def constant() -> Schedule:
    """The factor 1 at every step."""

    def factor(step: Tensor, total_steps: int) -> Tensor:
        return tf.constant(1.0)

    return factor
