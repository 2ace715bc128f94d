"""The gradient of the steepest point nearby."""

from typing import Annotated, Any

import tensorflow as tf

from optbench.optimizers.base import (
    Optimizer,
    Params,
    Positive,
    State,
    Updates,
    check_gradients,
    scalars,
    sum_of_squares,
)
from optbench.wrappers.base import Wrapper


def sam(rho: Annotated[float, Positive] = 0.05) -> Wrapper:
    """Sharpness-aware minimization: the rule is given the gradient at the top of a small ball around the parameters.

    .. math::
        ε̂ &= ρ \\, g / \\lVert g \\rVert_2  \\\\
        g &← ∇ L(θ + ε̂)

    on the same batch with the same random numbers. Each step takes two gradients, and its step time shows both. What a
    model keeps from step to step (averages of batch normalisation) is taken from the first.

    Args:
        rho: ρ > 0, the radius of the ball, over all parameters together. Where the gradient is zero, ε̂ is.

    Source: Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware Minimization for Efficiently Improving
    Generalization", 2021, algorithm 1 with p = 2, and its default of 0.05.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(
            grads: Updates, state: State, params: Params, *, grad_at: Any, **asked: Any
        ) -> tuple[Updates, State]:
            check_gradients(grads, params)
            (radius,) = scalars(params, rho)
            scale = tf.math.divide_no_nan(radius, tf.sqrt(sum_of_squares(grads)))
            top = grad_at([p + scale * g for p, g in zip(params, grads, strict=True)])
            asked = asked | ({"grad_at": grad_at} if "grad_at" in rule.needs else {})
            return rule.update(top, state, params, **asked)

        return rule._replace(update=update, needs=rule.needs | {"grad_at"})

    return wrap
