"""Exponential decay."""

from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Range
from optbench.schedules._shapes import periods
from optbench.schedules.base import Schedule, Steps, Tensor


def exponential(
    decay_rate: Annotated[float, Range(0, 1, "(]")] = 0.1, decay_steps: Steps = None, staircase: bool = False
) -> Schedule:
    """Exponential decay by the factor ``decay_rate`` per ``decay_steps``, continuous by default.

    .. math:: r^{t / d}

    Args:
        decay_rate: r in (0, 1].
        decay_steps: d ≥ 1, number of steps. null is the length of the run, at whose end the factor is r.
        staircase: use the integer part of t / d, so that the factor changes every d steps only.

    The same as Keras's ``ExponentialDecay``.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        rate = tf.convert_to_tensor(decay_rate)
        return rate ** periods(step, decay_steps or total_steps, staircase, rate.dtype)

    return factor
