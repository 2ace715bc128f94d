"""Shapes that several schedules share."""

import math
from typing import Any

import tensorflow as tf

Tensor = Any


def periods(step: Tensor, length: int, whole: bool, dtype: Any) -> Tensor:
    """How many times ``length`` steps lie before ``step``; ``whole`` counts only those that are over."""
    return tf.cast(step // length, dtype) if whole else tf.cast(step, dtype) / length


def part_of(step: Tensor, total_steps: int, dtype: Any) -> Tensor:
    """How much of the run lies before ``step``, in [0, 1]."""
    return tf.minimum(tf.cast(step, dtype) / total_steps, 1)


def falling_cosine(part: Tensor, final: Tensor) -> Tensor:
    """Half a cosine from 1 (at part 0) to ``final`` (at part 1)."""
    return final + (1 - final) * (1 + tf.cos(math.pi * part)) / 2
