"""Inverse time decay."""

from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Positive
from optbench.schedules._shapes import periods
from optbench.schedules.base import Schedule, Steps, Tensor


def inverse_time(
    decay_rate: Annotated[float, Positive] = 9.0, decay_steps: Steps = None, staircase: bool = False
) -> Schedule:
    """The reciprocal of a linear function of the step.

    .. math:: 1 / (1 + r t / d)

    Args:
        decay_rate: r > 0; after d steps the factor is 1 / (1 + r).
        decay_steps: d ≥ 1, number of steps. null is the length of the run.
        staircase: use the integer part of t / d, so that the factor changes every d steps only.

    Source: Robbins and Monro, "A Stochastic Approximation Method", 1951, whose step sizes are proportional to 1/n. The
    same as Keras's ``InverseTimeDecay``.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        rate = tf.convert_to_tensor(decay_rate)
        return 1 / (1 + rate * periods(step, decay_steps or total_steps, staircase, rate.dtype))

    return factor
