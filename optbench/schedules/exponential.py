"""Exponential decay."""

from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Range
from optbench.schedules._shapes import periods
from optbench.schedules.base import Schedule, Steps, Tensor


def exponential(
    decay_rate: Annotated[float, Range(0, 1, "(]")] = 0.1, decay_steps: Steps = None, staircase: bool = False
) -> Schedule:
    """Multiplied with ``decay_rate`` every ``decay_steps``, a little at each step.

    .. math:: r^{t / d}

    Args:
        decay_rate: r in (0, 1].
        decay_steps: d, steps; null is the whole run, at whose end the factor is r.
        staircase: take the whole part of t / d: all of a decay at once.

    The same as Keras's ``ExponentialDecay``.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        rate = tf.convert_to_tensor(decay_rate)
        return rate ** periods(step, decay_steps or total_steps, staircase, rate.dtype)

    return factor
