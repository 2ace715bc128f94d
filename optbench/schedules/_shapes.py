"""Functions that several schedules share."""

import math
from typing import Any

import tensorflow as tf

Tensor = Any


def periods(step: Tensor, length: int, whole: bool, dtype: Any) -> Tensor:
    """``step / length``; with ``whole``, only the number of completed periods."""
    return tf.cast(step // length, dtype) if whole else tf.cast(step, dtype) / length


def completed_fraction(step: Tensor, total_steps: int, dtype: Any) -> Tensor:
    """The fraction of the run before ``step``, in [0, 1]."""
    return tf.minimum(tf.cast(step, dtype) / total_steps, 1)


def cosine_decay(fraction: Tensor, final: Tensor) -> Tensor:
    """Half a cosine wave from 1 (at fraction 0) to ``final`` (at fraction 1)."""
    return final + (1 - final) * (1 + tf.cos(math.pi * fraction)) / 2
