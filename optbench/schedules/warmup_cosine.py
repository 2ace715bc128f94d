"""Linear warm-up followed by cosine decay."""

from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Range
from optbench.schedules._shapes import cosine_decay
from optbench.schedules.base import Schedule, Share, Tensor


def warmup_cosine(warmup: Annotated[float, Range(0, 1)] = 0.05, final_factor: Share = 0.0) -> Schedule:
    """Linear warm-up to 1, then half a cosine wave down to ``final_factor``.

    .. math::
        (t + 1) / (w + 1)  &\\quad t < w  \\\\
        f + (1 - f) (1 + \\cos(π (t - w) / (T - w))) / 2  &\\quad t ≥ w

    Args:
        warmup: fraction of the run in [0, 1). w is this fraction of the T steps, rounded.
        final_factor: f in [0, 1].

    Source: Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2, for the warm-up; the cosine decay is that
    of ``cosine``. Keras's ``CosineDecay(0, T - w, f, warmup_target=1, warmup_steps=w + 1)`` starts at 0, so that its
    first update is zero; this schedule is the same from Keras's second step on.
    """

    def factor(step: Tensor, total_steps: int) -> Tensor:
        final = tf.convert_to_tensor(final_factor)
        t = tf.cast(step, final.dtype)
        up = tf.round(tf.cast(warmup, final.dtype) * total_steps)
        down = tf.clip_by_value((t - up) / tf.maximum(total_steps - up, 1), 0, 1)
        return tf.where(t < up, (t + 1) / (up + 1), cosine_decay(down, final))

    return factor
