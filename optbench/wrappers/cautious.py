"""Only those parts of an update that agree with the gradient."""

from typing import Any

import tensorflow as tf

from optbench.optimizers.base import Optimizer, Params, State, Tensor, Updates
from optbench.wrappers.base import Wrapper


def cautious() -> Wrapper:
    """Cautious optimizer: leave out the numbers of an update that go uphill, and scale up what is left of a tensor.

    .. math::
        φ_i &= 1 \\text{ where } u_i g_i < 0 \\text{, else } 0  \\\\
        u_i &← u_i φ_i \\, d / (\\sum_j φ_j + 1)

    with u what is added to a parameter of d numbers, and g its gradient.

    Source: Liang, Chen, Liu and Liu, "Cautious Optimizers: Improving Training with One Line of Code", 2024,
    algorithm 1. The authors' code divides by the mean of φ, at least 0.001, in place of the 1 above; and it leaves
    weight decay out of u, which here is whatever the rule adds.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(grads: Updates, state: State, params: Params, **asked: Any) -> tuple[Updates, State]:
            updates, state = rule.update(grads, state, params, **asked)
            return [agreeing(u, g) for u, g in zip(updates, grads, strict=True)], state

        return rule._replace(update=update)

    return wrap


def agreeing(u: Tensor, g: Tensor) -> Tensor:
    """What of an update goes downhill, scaled to make up for the rest."""
    phi = tf.cast(u * g < 0, u.dtype)
    return u * phi * (u.shape.num_elements() / (tf.reduce_sum(phi) + 1))
