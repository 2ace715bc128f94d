"""The curvature of the loss at the parameters and along the next step."""

from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import AtLeastOne, Positive
from optbench.diagnostics._hessian import flatten, hessian_product, largest_eigenvalue, trace, unflatten
from optbench.diagnostics.base import Diagnosis, Observation, Tensor, difference, dot, global_norm, ratio

QUANTITIES = ("hessian_max_eigenvalue", "hessian_trace", "step_curvature", "alpha", "sharpness", "stability_ratio")


def curvature(
    iterations: Annotated[int, AtLeastOne] = 12,
    probes: Annotated[int, AtLeastOne] = 4,
    rho: Annotated[float, Positive] = 0.05,
    every: Annotated[int, AtLeastOne] = 600,
) -> Diagnosis:
    """Measure the loss L of the next batch around the parameters θ: its Hessian H, its gradient g, the next update u.

    .. math::
        \\text{step\\_curvature} &= u^T H u / \\lVert u \\rVert^2 \\\\
        \\text{sharpness} &= L(θ + ρ \\, g / \\lVert g \\rVert) - L(θ) \\\\
        \\text{stability\\_ratio} &= λ_{\\max} α / 2

    λ_max is the largest eigenvalue of H by the Lanczos method with full reorthogonalization. It is a lower bound, which
    is exact once ``iterations`` is the number of distinct eigenvalues with a component in the random start vector. The
    trace is Hutchinson's estimate, the mean of zᵀHz over ``probes`` vectors z of random signs, which is unbiased. α is
    the scheduled learning rate of the step; a rule without a learning rate has no stability ratio. Gradient descent on
    a quadratic is stable if the ratio is below 1; other rules have other bounds.

    ``alpha`` is that of Cockpit: a parabola is fitted to the values and slopes of L at both ends of the step by least
    squares, and alpha is 1 / τ - 1 if its extremum is at τ steps. A step with alpha 0 ends at the minimum; with 1, it
    ends as far beyond the minimum as it started before it; with -1, it has not started. Both ends are measured on the
    same batch, so that all four observations have the same weight.

    H includes the regularizer. Dropout and the state of the model are those of the step. Each point costs ``iterations
    + probes + 1`` Hessian-vector products.

    Args:
        iterations: number of Lanczos iterations. The vectors take as much memory as this number of copies of the
            parameters.
        probes: number of random vectors of Hutchinson's estimate.
        rho: ρ > 0, length of the step along the gradient.
        every: the approximate minimum number of steps between measurements, at least 1, which measures at all
            evaluation points. Measured points are evenly spaced and include the first and the last.

    Source: Schneider, Dangel and Hennig, "Cockpit", 2021; Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware
    Minimization", 2021; Cohen, Kaur, Li, Kolter and Talwalkar, "Gradient Descent on Neural Networks Typically Occurs at
    the Edge of Stability", 2021; Hutchinson, "A Stochastic Estimator of the Trace of the Influence Matrix", 1990.
    """

    def measure(seen: Observation) -> dict[str, Tensor]:
        product = hessian_product(seen.loss, seen.params)
        largest = largest_eigenvalue(product, seen.params, seen.key, iterations)
        start, grads = value_and_gradient(seen, seen.params)
        found = {
            "hessian_max_eigenvalue": largest,
            "hessian_trace": trace(product, seen.params, seen.key, probes),
            "step_curvature": step_curvature(product, seen),
            "alpha": step_alpha(seen, start, grads),
            "sharpness": rise(seen, start, grads, rho),
        }
        if seen.learning_rate is not None:
            found["stability_ratio"] = largest * tf.cast(seen.learning_rate, largest.dtype) / 2.0
        return found

    return Diagnosis(QUANTITIES, measure, every=every)


def value_and_gradient(seen: Observation, params: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """The loss of the batch at ``params`` and its gradient."""
    with tf.GradientTape() as tape:
        tape.watch(params)
        loss = seen.loss(params)
    return loss, tape.gradient(loss, params)


def step_curvature(product: Tensor, seen: Observation) -> Tensor:
    """The second derivative of the loss in the direction of the update; 0 without an update."""
    length = global_norm(seen.updates)
    direction = [ratio(u, length) for u in seen.updates]
    return dot(direction, unflatten(product(flatten(direction)), seen.params))


def step_alpha(seen: Observation, start: Tensor, start_grads: list[Tensor]) -> Tensor:
    """Cockpit's alpha: where the step ends on the parabola ``w + a τ + b τ²`` through its ends; -1 if it is flat."""
    end, end_grads = value_and_gradient(seen, [p + u for p, u in zip(seen.params, seen.updates, strict=True)])
    first, last = dot(start_grads, seen.updates), dot(end_grads, seen.updates)
    b = (last - first) / 2.0
    a = (end - start + 2.0 * first + 2.0 * last) / 5.0 - b
    return -ratio(2.0 * b, a) - 1.0


def rise(seen: Observation, start: Tensor, grads: list[Tensor], rho: float) -> Tensor:
    """The increase of the loss after a step of length ``rho`` along the gradient."""
    length = global_norm(grads)
    down = [-ratio(g, length) * rho for g in grads]
    return seen.loss(difference(seen.params, down)) - start
