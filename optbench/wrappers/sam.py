"""Sharpness-aware minimization."""

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


def sam(rho: Annotated[float, Positive] = 0.05) -> Wrapper:
    """Sharpness-aware minimization: use the gradient at the approximate maximum of the loss in a small ball.

    .. math::
        ε̂ &= ρ \\, g / \\lVert g \\rVert_2  \\\\
        g &← ∇ L(θ + ε̂)

    The ball is centered at the parameters. Both gradients are computed on the same batch with the same random numbers.
    The step time includes both. The state of the model, such as the averages of batch normalization, is updated by the
    first evaluation only.

    Args:
        rho: ρ > 0, radius of the ball over all parameters together. If the gradient is zero, ε̂ is zero.

    Source: Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware Minimization for Efficiently Improving
    Generalization", 2021, algorithm 1 with p = 2, and its default of 0.05.
    """

    def wrap(rule: Optimizer) -> Optimizer:
        def update(
            grads: Updates, state: State, params: Params, *, grad_at: Any, **extra: Any
        ) -> tuple[Updates, State]:
            check_gradients(grads, params)
            (radius,) = scalars(params, rho)
            scaled, size, _ = scale(grads)
            ratio = tf.math.divide_no_nan(radius, size)
            perturbed_grads = grad_at([p + ratio * s for p, s in zip(params, scaled, strict=True)])
            extra = extra | ({"grad_at": grad_at} if "grad_at" in rule.needs else {})
            return rule.update(perturbed_grads, state, params, **extra)

        return rule._replace(update=update, needs=rule.needs | {"grad_at"})

    return wrap
