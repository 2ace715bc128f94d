"""The L2 penalty (ridge)."""

import tensorflow as tf

from optbench.regularizers.base import Regularizer, Strength, penalty_of


def l2(strength: Strength = 1e-4) -> Regularizer:
    """Half the sum of the squared weights, times a strength, so that the gradient is the strength times the weight.

    .. math:: \\frac{λ}{2} \\sum_i w_i^2

    Args:
        strength: λ, at least 0.

    Source: Hoerl and Kennard, "Ridge Regression", 1970. The same as the sum of ``tf.nn.l2_loss``, which is not used
    because it cannot be vectorized over lanes. Keras's ``L2`` has no factor 1/2, so that half the strength is
    equivalent. With SGD, the penalty is equivalent to weight decay; with rules that divide by the gradient's magnitude,
    it is not.
    """
    return Regularizer(lambda params: penalty_of(params, strength, lambda w: tf.reduce_sum(tf.square(w)) / 2))
