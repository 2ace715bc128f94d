"""Cautious updates: only the components that point downhill."""

from typing import Any

import tensorflow as tf

from optbench.optimizers.base import Optimizer, Params, State, Tensor, Updates
from optbench.wrappers.base import Wrapper


def cautious() -> Wrapper:
    """Cautious optimizer: set the uphill components of an update to zero and scale up the remaining ones per tensor.

    .. math::
        φ_i &= 1 \\text{ where } u_i g_i < 0 \\text{, else } 0  \\\\
        u_i &← u_i φ_i \\, d / (\\sum_j φ_j + 1)

    where u is the update of a parameter with d elements, and g its gradient.

    Source: Liang, Chen, Liu and Liu, "Cautious Optimizers: Improving Training with One Line of Code", 2024, algorithm
    1. Instead of adding 1, the authors' code divides by the mean of φ, at least 0.001. It also excludes weight decay
    from u, which here is the whole update of the rule.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(grads: Updates, state: State, params: Params, **extra: Any) -> tuple[Updates, State]:
            updates, state = rule.update(grads, state, params, **extra)
            return [mask_uphill(u, g) for u, g in zip(updates, grads, strict=True)], state

        return rule._replace(update=update)

    return wrap


def mask_uphill(u: Tensor, g: Tensor) -> Tensor:
    """The downhill components of an update, scaled up to compensate for the others, which are zero."""
    phi = tf.cast(u * g < 0, u.dtype)
    return u * phi * (u.shape.num_elements() / (tf.reduce_sum(phi) + 1))
