"""Gradient centralization: subtracts the mean from the gradients of weights."""

from typing import Any

import tensorflow as tf

from optbench.optimizers.base import Optimizer, Params, State, Tensor, Updates, check_gradients, is_weight
from optbench.wrappers.base import Wrapper


def centralize() -> Wrapper:
    """Gradient centralization: subtract from the gradients of weights their mean over the inputs of each output.

    .. math:: g_{·j} ← g_{·j} - \\mathrm{mean}_i(g_{ij})

    The last axis of a weight holds the outputs, as in Keras's layers; the mean is over all other axes. The gradients of
    biases and scales are unchanged.

    Source: Yong, Huang, Hua and Zhang, "Gradient Centralization: A New Optimization Technique for Deep Neural
    Networks", 2020, equation 1.

    Optax's ``centralize`` takes the mean over all axes but the first, which holds the inputs of a dense layer.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(grads: Updates, state: State, params: Params, **extra: Any) -> tuple[Updates, State]:
            check_gradients(grads, params)
            return rule.update([subtract_mean(g) for g in grads], state, params, **extra)

        return rule._replace(update=update)

    return wrap


def subtract_mean(g: Tensor) -> Tensor:
    """The gradient of a weight minus its mean over all axes but the last; other gradients unchanged."""
    if not is_weight(g):
        return g
    return g - tf.reduce_mean(g, axis=list(range(g.shape.rank - 1)), keepdims=True)
