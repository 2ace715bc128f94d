"""Gradients of weights without their mean."""

from typing import Any

import tensorflow as tf

from optbench.optimizers.base import Optimizer, Params, State, Tensor, Updates, check_gradients, is_weight
from optbench.wrappers.base import Wrapper


def centralize() -> Wrapper:
    """Gradient centralization: take the mean over what goes into each output away from the gradients of weights.

    .. math:: g_{·j} ← g_{·j} - \\mathrm{mean}_i(g_{ij})

    The last axis of a weight is its outputs, as Keras's layers have it; the mean is over all others. Biases and scales
    stay as they are.

    Source: Yong, Huang, Hua and Zhang, "Gradient Centralization: A New Optimization Technique for Deep Neural
    Networks", 2020, equation 1.

    Optax's ``centralize`` takes the mean over all axes but the first, which are the inputs of a dense layer.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(grads: Updates, state: State, params: Params, **asked: Any) -> tuple[Updates, State]:
            check_gradients(grads, params)
            return rule.update([centred(g) for g in grads], state, params, **asked)

        return rule._replace(update=update)

    return wrap


def centred(g: Tensor) -> Tensor:
    """The gradient of a weight less its mean over all axes but the last."""
    if not is_weight(g):
        return g
    return g - tf.reduce_mean(g, axis=list(range(g.shape.rank - 1)), keepdims=True)
