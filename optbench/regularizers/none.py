"""No penalty."""

import tensorflow as tf

from optbench.regularizers.base import Regularizer


def none() -> Regularizer:
    """No penalty."""
    return Regularizer(lambda params: tf.zeros([], params[0].dtype), active=False)
