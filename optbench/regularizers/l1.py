"""The L1 penalty (lasso)."""

import tensorflow as tf

from optbench.regularizers.base import Regularizer, Strength, penalty_of


def l1(strength: Strength = 1e-4) -> Regularizer:
    """The sum of the absolute values of the weights, times a strength.

    .. math:: λ \\sum_i |w_i|

    Args:
        strength: λ, at least 0.

    Source: Tibshirani, "Regression Shrinkage and Selection via the Lasso", 1996. The same as Keras's ``L1``.
    """
    return Regularizer(lambda params: penalty_of(params, strength, lambda w: tf.reduce_sum(tf.abs(w))), smooth=False)
