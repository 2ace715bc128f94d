"""Sizes and directions of gradient, update and parameters, and the noise of the gradient."""

import math
from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import Range
from optbench.diagnostics.base import (
    Diagnosis,
    Observation,
    Tensor,
    Tensors,
    by_layer,
    cosine,
    difference,
    dot,
    global_norm,
    ratio,
    share,
)
from optbench.spec.diagnostics import per_layer

RATIO = "update_ratio"
SIZES = ("gradient_norm", "update_norm", "parameter_norm", RATIO, "effective_learning_rate", "start_distance")
DIRECTIONS = ("update_alignment", "update_persistence")
SHARES = ("zero_updates", "saturated_updates")
NOISE = ("gradient_noise_scale", "gradient_snr")


def basics(layers: bool = True, saturation: Annotated[float, Range(0, 1, "(]")] = 0.99) -> Diagnosis:
    """Measure the next step of a run: g its gradient, u its update, θ the parameters, θ₀ the initial ones.

    .. math::
        \\text{update\\_ratio} &= \\lVert u \\rVert / \\lVert θ \\rVert \\\\
        \\text{effective\\_learning\\_rate} &= \\lVert u \\rVert / \\lVert g \\rVert \\\\
        \\text{update\\_alignment} &= \\cos(u, -g) \\\\
        S &= \\lVert g_1 - g_2 \\rVert^2 / 4, \\quad G = g_1 \\cdot g_2 \\\\
        \\text{gradient\\_noise\\_scale} &= B \\, S / G \\\\
        \\text{gradient\\_snr} &= \\lVert (g_1 + g_2) / 2 \\rVert^2 / S

    g₁ and g₂ are the gradients of the halves of a batch of B examples. S estimates the variance of the gradient of a
    batch and G the squared norm of the full gradient, both without bias. G may be negative where noise is larger than
    signal; the noise scale is infinite there. Ratios with a denominator of 0 are 0, the signal-to-noise ratio of equal
    halves is infinite.

    Args:
        layers: whether the ratio of update and parameters is recorded per layer too.
        saturation: in (0, 1]; updates of at least this share of the largest of their tensor are saturated, unless
            they are 0. Rules that take the sign of the gradient and clipped gradients saturate.

    Source: McCandlish, Kaplan, Amodei and the OpenAI Dota Team, "An Empirical Model of Large-Batch Training", 2018,
    appendix A.1, with batches of B / 2 and B examples; Schneider, Dangel and Hennig, "Cockpit", 2021.
    """

    def measure(seen: Observation) -> dict[str, Tensor]:
        return {
            **sizes(seen),
            **(layer_ratios(seen) if layers else {}),
            "update_alignment": cosine(seen.updates, [-g for g in seen.grads]),
            "update_persistence": cosine(seen.updates, seen.later_updates),
            "zero_updates": share([tf.equal(u, 0) for u in seen.updates], seen.updates[0].dtype),
            "saturated_updates": share([is_saturated(u, saturation) for u in seen.updates], seen.updates[0].dtype),
            **(noise(*seen.half_grads, seen.batch_size) if seen.half_grads is not None else {}),
        }

    return Diagnosis((*SIZES, *DIRECTIONS, *SHARES, *NOISE), measure, (RATIO,) if layers else ())


def sizes(seen: Observation) -> dict[str, Tensor]:
    """Norms and ratios of norms."""
    gradient, update, parameters = (global_norm(t) for t in (seen.grads, seen.updates, seen.params))
    return {
        "gradient_norm": gradient,
        "update_norm": update,
        "parameter_norm": parameters,
        RATIO: ratio(update, parameters),
        "effective_learning_rate": ratio(update, gradient),
        "start_distance": global_norm(difference(seen.params, seen.start)),
    }


def layer_ratios(seen: Observation) -> dict[str, Tensor]:
    """The ratio of update and parameters of each layer."""
    updates, params = by_layer(seen.layers, seen.updates), by_layer(seen.layers, seen.params)
    return {per_layer(RATIO, layer): ratio(global_norm(updates[layer]), global_norm(params[layer])) for layer in params}


def is_saturated(update: Tensor, saturation: float) -> Tensor:
    """Which elements of an update are as large as its largest, bool of its shape."""
    size = tf.abs(update)
    return (size >= saturation * tf.reduce_max(size)) & (size > 0)


def noise(first: Tensors, second: Tensors, batch_size: int) -> dict[str, Tensor]:
    """Noise scale and signal-to-noise ratio from the gradients of the halves of a batch."""
    halves = difference(first, second)
    variance, signal = dot(halves, halves) / 4, dot(first, second)
    mean = [(a + b) / 2 for a, b in zip(first, second, strict=True)]
    infinite = tf.constant(math.inf, variance.dtype)
    examples = 2 * (batch_size // 2)
    return {
        "gradient_noise_scale": tf.where(signal > 0, ratio(examples * variance, signal), infinite),
        "gradient_snr": tf.where(variance > 0, ratio(dot(mean, mean), variance), infinite),
    }
