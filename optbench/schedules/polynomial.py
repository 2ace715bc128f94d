"""Polynomial decay."""

from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Positive
from optbench.schedules._shapes import completed_fraction
from optbench.schedules.base import Schedule, Share, Tensor


def polynomial(power: Annotated[float, Positive] = 1.0, final_factor: Share = 0.0) -> Schedule:
    """A power of the remaining fraction of the run; with power 1, linear decay from 1 to ``final_factor``.

    .. math:: f + (1 - f) (1 - t / T)^p

    Args:
        power: p > 0.
        final_factor: f in [0, 1].

    Source: the "poly" rate of Caffe (Jia et al., 2014). The same as Keras's ``PolynomialDecay`` over T steps, without
    its ``cycle``; its ``end_learning_rate`` is f times the rate.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        final = tf.convert_to_tensor(final_factor)
        left = 1 - completed_fraction(step, total_steps, final.dtype)
        return final + (1 - final) * left ** tf.cast(power, final.dtype)

    return factor
