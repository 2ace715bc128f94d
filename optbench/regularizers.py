"""Regularizers: a penalty on the weights, ``params -> scalar``, added to the data loss while training."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Tensor = Any
Regularizer = Callable[[list[Tensor]], Tensor]


def none() -> Regularizer:
    """No penalty."""

    def penalty(params: list[Tensor]) -> Tensor:
        return tf.zeros([], params[0].dtype)

    return penalty
