"""Cosine decay."""

import tensorflow as tf

from optbench.schedules._shapes import completed_fraction, cosine_decay
from optbench.schedules.base import Schedule, Share, Tensor


def cosine(final_factor: Share = 0.0) -> Schedule:
    """Half a cosine wave from 1 to ``final_factor`` over the run.

    .. math:: f + (1 - f) (1 + \\cos(π t / T)) / 2

    Args:
        final_factor: f in [0, 1].

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, equation 5, without
    restarts. The same as Keras's ``CosineDecay`` (its ``alpha`` is f).
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        final = tf.convert_to_tensor(final_factor)
        return cosine_decay(completed_fraction(step, total_steps, final.dtype), final)

    return factor
