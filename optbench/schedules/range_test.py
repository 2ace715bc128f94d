"""A learning-rate range test: an exponential rise to the optimizer's learning rate over the run."""

from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Range
from optbench.schedules.base import Schedule, Tensor

OpenShare = Annotated[float, Range(0, 1, "()")]


def range_test(start_factor: OpenShare = 1e-5) -> Schedule:
    """The factor increases exponentially from f₀ at the first step to 1 at the last.

    .. math:: f(t) = f_0^{1 - t / (T - 1)}

    T is the length of the run. The optimizer's learning rate is the highest one tried: choose one at which training is
    likely to diverge, so that the run stops there. The page plots the loss against the learning rate and proposes a
    range. After the last step, the factor stays 1.

    Args:
        start_factor: f₀ in (0, 1), the lowest learning rate as a fraction of the highest.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.3, with an exponential
    instead of a linear increase.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        start = tf.convert_to_tensor(start_factor)
        progress = tf.minimum(tf.cast(step, start.dtype) / max(total_steps - 1, 1), 1.0)
        rest = 1.0 - progress if total_steps > 1 else tf.zeros_like(progress)
        return tf.pow(start, rest)

    return factor
