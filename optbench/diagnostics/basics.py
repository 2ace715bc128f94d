"""Sizes and directions of gradient, update and parameters, and the gradient noise."""

import math
from collections.abc import Sequence
from typing import Annotated

import tensorflow as tf

from optbench.config.parameters import AtLeastOne, Range
from optbench.diagnostics.base import Diagnosis, Observation, Tensor, ratio, share
from optbench.spec.diagnostics import per_layer

RATIO = "update_ratio"
SIZES = ("gradient_norm", "update_norm", "parameter_norm", RATIO, "effective_learning_rate", "start_distance")
DIRECTIONS = ("update_alignment", "update_persistence")
SHARES = ("zero_updates", "saturated_updates")
NOISE = ("gradient_noise_scale", "gradient_snr")

VECTORS = 7  # vectors whose squared norms are computed, followed by two inner products
GRADIENT, UPDATE, PARAMETERS, LATER_UPDATE, DISTANCE, MEAN, HALF_DIFFERENCE, WITH_GRADIENT, WITH_LATER = range(9)


def basics(
    layers: bool = True,
    saturation: Annotated[float, Range(0, 1, "(]")] = 0.99,
    every: Annotated[int, AtLeastOne] = 250,
) -> Diagnosis:
    """Measure the next step of a run: g its gradient, u its update, θ the parameters, θ₀ the initial ones.

    .. math::
        \\text{update\\_ratio} &= \\lVert u \\rVert / \\lVert θ \\rVert \\\\
        \\text{effective\\_learning\\_rate} &= \\lVert u \\rVert / \\lVert g \\rVert \\\\
        \\text{update\\_alignment} &= \\cos(u, -g) \\\\
        S &= \\lVert g_1 - g_2 \\rVert^2 / 4, \\quad G = g_1 \\cdot g_2 \\\\
        \\text{gradient\\_noise\\_scale} &= B \\, S / G \\\\
        \\text{gradient\\_snr} &= \\lVert (g_1 + g_2) / 2 \\rVert^2 / S

    g₁ and g₂ are the gradients of the halves of a batch of B examples. S estimates the variance of the gradient of a
    batch and G the squared norm of the full gradient, both without bias. If the noise exceeds the signal, G may be
    negative, and the noise scale is then infinite. Ratios with a denominator of 0 are 0. The signal-to-noise ratio of
    equal halves is infinite.

    Args:
        layers: whether the ratio of update to parameters is also recorded per layer.
        saturation: in (0, 1]. An element of an update is saturated if its magnitude is nonzero and at least this
            fraction of the largest in its tensor. Rules that use the sign of the gradient and clipped gradients
            saturate.
        every: the approximate minimum number of steps between measurements, at least 1, which measures at all
            evaluation points. Measured points are evenly spaced and include the first and the last.

    Source: McCandlish, Kaplan, Amodei and the OpenAI Dota Team, "An Empirical Model of Large-Batch Training", 2018,
    appendix A.1, with batches of B / 2 and B examples; Schneider, Dangel and Hennig, "Cockpit", 2021.
    """

    def measure(seen: Observation) -> dict[str, Tensor]:
        sums = sums_of_products(seen)
        total = tf.unstack(tf.add_n(sums))
        norms = [tf.sqrt(square) for square in total[:VECTORS]]
        return {
            **sizes(norms),
            **(layer_ratios(seen.layers, sums) if layers else {}),
            "update_alignment": -cosine(total[WITH_GRADIENT], norms[UPDATE], norms[GRADIENT]),
            "update_persistence": cosine(total[WITH_LATER], norms[UPDATE], norms[LATER_UPDATE]),
            "zero_updates": share([tf.equal(u, 0) for u in seen.updates], seen.updates[0].dtype),
            "saturated_updates": share([is_saturated(u, saturation) for u in seen.updates], seen.updates[0].dtype),
            **(noise(norms[MEAN], norms[HALF_DIFFERENCE], seen.batch_size) if seen.half_grads is not None else {}),
        }

    return Diagnosis((*SIZES, *DIRECTIONS, *SHARES, *NOISE), measure, (RATIO,) if layers else (), every)


def sums_of_products(seen: Observation) -> list[Tensor]:
    """For each tensor, the squared norm of each vector and the two inner products, float64 (9,) each.

    In float64, squares of float32 numbers neither overflow nor vanish. A few operations on all vectors at once take
    much less time, also to compile, than one norm per vector.
    """
    first, second = seen.half_grads if seen.half_grads is not None else (seen.grads, seen.grads)
    found = []
    for g, u, p, later, start, a, b in zip(
        seen.grads, seen.updates, seen.params, seen.later_updates, seen.start, first, second, strict=True
    ):
        flat = [tf.reshape(t, [-1]) for t in (g, u, p, later, p - start, (a + b) / 2, (a - b) / 2)]
        vectors = tf.cast(tf.stack(flat), tf.float64)
        squares = tf.reduce_sum(tf.square(vectors), axis=1)
        others = tf.stack([vectors[GRADIENT], vectors[LATER_UPDATE]])
        found.append(tf.concat([squares, tf.reduce_sum(vectors[UPDATE] * others, axis=1)], axis=0))
    return found


def sizes(norms: Sequence[Tensor]) -> dict[str, Tensor]:
    """Norms and ratios of norms."""
    return {
        "gradient_norm": norms[GRADIENT],
        "update_norm": norms[UPDATE],
        "parameter_norm": norms[PARAMETERS],
        RATIO: ratio(norms[UPDATE], norms[PARAMETERS]),
        "effective_learning_rate": ratio(norms[UPDATE], norms[GRADIENT]),
        "start_distance": norms[DISTANCE],
    }


def layer_ratios(layers: Sequence[str], sums: Sequence[Tensor]) -> dict[str, Tensor]:
    """The ratio of update to parameters of each layer, from the sums of each tensor."""
    found = {}
    for layer in dict.fromkeys(layers):
        norms = tf.sqrt(tf.add_n([s[:VECTORS] for of, s in zip(layers, sums, strict=True) if of == layer]))
        found[per_layer(RATIO, layer)] = ratio(norms[UPDATE], norms[PARAMETERS])
    return found


def cosine(product: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """The cosine of the angle between two vectors, from their inner product and norms; 0 if one of them is 0."""
    return tf.clip_by_value(ratio(product, a * b), -tf.ones_like(product), tf.ones_like(product))


def is_saturated(update: Tensor, saturation: float) -> Tensor:
    """Whether each element of an update is nonzero and nearly as large as the largest, bool of its shape."""
    size = tf.abs(update)
    return (size >= saturation * tf.reduce_max(size)) & (size > 0)


def noise(mean: Tensor, half_difference: Tensor, batch_size: int) -> dict[str, Tensor]:
    """Noise scale and signal-to-noise ratio from the norms of the mean of the gradients of both halves of a batch,
    and of half their difference. g₁ᵀg₂ is the difference of their squares.
    """
    infinite = tf.constant(math.inf, mean.dtype)
    snr = tf.where(half_difference > 0, tf.square(ratio(mean, half_difference)), infinite)
    examples = float(2 * (batch_size // 2))
    return {
        "gradient_noise_scale": tf.where((snr > 1) & (mean > 0), examples / (snr - 1), infinite),
        "gradient_snr": snr,
    }
