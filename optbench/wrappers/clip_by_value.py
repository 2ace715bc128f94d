"""Gradient clipping by value."""

from typing import Annotated, Any

import tensorflow as tf

from optbench.optimizers.base import Optimizer, Params, Positive, State, Updates, check_gradients, scalars
from optbench.wrappers.base import Wrapper


def clip_by_value(limit: Annotated[float, Positive] = 1.0) -> Wrapper:
    """Clip each component of the gradients to [-limit, limit]. This can change their direction.

    .. math:: g_i ← \\min(c, \\max(-c, g_i))

    Args:
        limit: c > 0, upper bound of the absolute value of a component.

    Source: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 10.11.1.

    The same as Keras's ``clipvalue``, PyTorch's ``clip_grad_value_`` and Optax's ``clip``.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(grads: Updates, state: State, params: Params, **extra: Any) -> tuple[Updates, State]:
            check_gradients(grads, params)
            (c,) = scalars(params, limit)
            return rule.update([tf.minimum(c, tf.maximum(-c, g)) for g in grads], state, params, **extra)

        return rule._replace(update=update)

    return wrap
