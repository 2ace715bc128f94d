"""Gradient clipping by the global norm."""

from typing import Annotated, Any

import tensorflow as tf

from optbench.optimizers._norms import scale
from optbench.optimizers.base import (
    Optimizer,
    Params,
    Positive,
    State,
    Updates,
    check_gradients,
    scalars,
)
from optbench.wrappers.base import Wrapper


def clip_by_global_norm(max_norm: Annotated[float, Positive] = 1.0) -> Wrapper:
    """Scale all gradients by one factor if their global norm is above ``max_norm``.

    .. math:: g ← g \\cdot c / \\max(c, \\lVert g \\rVert_2)

    Args:
        max_norm: c > 0, upper bound of the Euclidean norm over all gradients.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013, algorithm 1.

    The same as Keras's ``global_clipnorm`` and Optax's ``clip_by_global_norm``. PyTorch's ``clip_grad_norm_`` adds 1e-6
    to the norm.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(grads: Updates, state: State, params: Params, **extra: Any) -> tuple[Updates, State]:
            check_gradients(grads, params)
            (c,) = scalars(params, max_norm)
            scaled, size, factor = scale(grads)
            is_longer = size > c * factor
            clipped = [tf.where(is_longer, c / size * s, g) for s, g in zip(scaled, grads, strict=True)]
            return rule.update(clipped, state, params, **extra)

        return rule._replace(update=update)

    return wrap
