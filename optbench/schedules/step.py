"""Step decay."""

import math
from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Range
from optbench.schedules._shapes import periods
from optbench.schedules.base import Schedule, Steps, Tensor


def step(drop: Annotated[float, Range(0, 1, "(]")] = 0.1, every: Steps = None) -> Schedule:
    """Multiply by ``drop`` every ``every`` steps.

    .. math:: r^{\\lfloor t / d \\rfloor}

    Args:
        drop: r in (0, 1].
        every: d ≥ 1, number of steps. null is a third of the run, rounded up, which gives two drops.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2015, section 3.4, which divides by 10 when the
    error plateaus. The same as PyTorch's ``StepLR`` and Keras's ``ExponentialDecay(staircase=True)``.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        rate = tf.convert_to_tensor(drop)
        return rate ** periods(step, every or math.ceil(total_steps / 3), True, rate.dtype)

    return factor
