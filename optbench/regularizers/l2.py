"""The L2 penalty (ridge)."""

import tensorflow as tf

from optbench.regularizers.base import Regularizer, Strength, penalty_of


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
