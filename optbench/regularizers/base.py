"""The type of a regularizer: a penalty on the weights, added to the data loss during training.

Weights are the parameters of rank 2 or more. Biases, scales and shifts have rank 1 and are not regularized.
"""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import tensorflow as tf

from optbench.config.parameters import NonNegative, Search

Tensor = Any
Strength = Annotated[float, NonNegative, Search(1e-6, 1e-1, log=True)]


class Regularizer(NamedTuple):
    """A penalty that is added to the data loss."""

    penalty: Callable[[list[Tensor]], Tensor]  # parameters -> scalar of their dtype
    active: bool = True  # whether the objective differs from the data loss
    smooth: bool = True  # whether the penalty is smooth and convex


def penalty_of(params: list[Tensor], strength: Tensor, size: Callable[[Tensor], Tensor]) -> Tensor:
    """``strength`` times the sum of ``size`` over all weights, a scalar of the parameters' dtype."""
    total = tf.add_n([tf.zeros([], params[0].dtype), *(size(w) for w in weights(params))])
    return tf.cast(strength, total.dtype) * total


def weights(params: list[Tensor]) -> list[Tensor]:
    """The parameters of rank 2 or more."""
    return [p for p in params if p.shape.rank >= 2]
