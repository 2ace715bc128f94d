"""Regularizers: a penalty on the weights, added to the data loss while training.

Weights are the parameters of rank 2 or more. Biases, scales and shifts have rank 1 and are left alone.
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
    active: bool = True  # whether what is minimised is more than the data loss
    smooth: bool = True  # and convex


def none() -> Regularizer:
    """No penalty."""
    return Regularizer(lambda params: tf.zeros([], params[0].dtype), active=False)


def l1(strength: Strength = 1e-4) -> Regularizer:
    """The sum of the magnitudes of the weights.

    .. math:: λ \\sum_i |w_i|

    Args:
        strength: λ, at least 0.

    Source: Tibshirani, "Regression Shrinkage and Selection via the Lasso", 1996. The same as Keras's ``L1``.
    """
    return Regularizer(lambda params: penalty_of(params, strength, lambda w: tf.reduce_sum(tf.abs(w))), smooth=False)


def l2(strength: Strength = 1e-4) -> Regularizer:
    """Half the sum of the squares of the weights, so that its gradient is the strength times the weight.

    .. math:: \\frac{λ}{2} \\sum_i w_i^2

    Args:
        strength: λ, at least 0.

    Source: Hoerl and Kennard, "Ridge Regression", 1970. The sum of ``tf.nn.l2_loss``, which has the half too (and is
    not vectorised over lanes); Keras's ``L2`` has not: its strength is half of this one. Under SGD it is weight decay;
    under rules that divide by the gradient's size it is not.
    """
    return Regularizer(lambda params: penalty_of(params, strength, lambda w: tf.reduce_sum(tf.square(w)) / 2))


def penalty_of(params: list[Tensor], strength: Tensor, size: Callable[[Tensor], Tensor]) -> Tensor:
    """``strength`` times the sizes of all weights, a scalar of the parameters' dtype."""
    total = tf.add_n([tf.zeros([], params[0].dtype), *(size(w) for w in weights(params))])
    return tf.cast(strength, total.dtype) * total


def weights(params: list[Tensor]) -> list[Tensor]:
    """The parameters of rank 2 or more."""
    return [p for p in params if p.shape.rank >= 2]
