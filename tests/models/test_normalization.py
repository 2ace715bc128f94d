"""Batch normalization: each way of computing it gives the definition's numbers and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.models._normalization import BatchNormalization, normalize_by_rows, normalize_fused

generator = np.random.default_rng(0)
X = generator.normal(3.0, 2.0, size=(8, 5, 6, 4))
GAMMA, BETA, WEIGHTS = generator.normal(size=4), generator.normal(size=4), generator.normal(size=X.shape)


def definition(x, gamma, beta, epsilon):
    mean = tf.reduce_mean(x, axis=[0, 1, 2])
    variance = tf.reduce_mean((x - mean) ** 2, axis=[0, 1, 2])
    return gamma * (x - mean) / tf.sqrt(variance + epsilon) + beta, mean, variance


def shown(way, dtype):
    """Outputs, statistics, gradients, and gradients of a gradient."""
    x, gamma, beta, weights = (tf.constant(a, dtype) for a in (X, GAMMA, BETA, WEIGHTS))
    with tf.GradientTape() as outer:
        outer.watch([x, gamma])
        with tf.GradientTape() as inner:
            inner.watch([x, gamma, beta])
            y, mean, variance = way(x, gamma, beta, 1e-3)
            loss = tf.reduce_sum(weights * y**2)
        gradients = inner.gradient(loss, [x, gamma, beta])
        bent = tf.reduce_sum(gradients[0] ** 2)
    return [y, mean, variance, *gradients, *outer.gradient(bent, [x, gamma])]


@pytest.mark.parametrize(
    ("way", "dtype", "tolerance"),
    [(normalize_by_rows, "float64", 1e-12), (normalize_by_rows, "float32", 1e-5), (normalize_fused, "float32", 1e-5)],
)
def test_a_way_is_the_definition(way, dtype, tolerance):
    for seen, expected in zip(shown(way, dtype), shown(definition, "float64"), strict=True):
        assert seen.dtype == dtype
        np.testing.assert_allclose(seen, expected, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize(("channels", "dtype"), [(4, "float32"), (40, "float32"), (40, "float64")])
def test_the_layer_is_kerass(channels, dtype):
    x = tf.constant(generator.normal(1.0, 2.0, size=(6, 3, 5, channels)), dtype)
    ours = BatchNormalization(momentum=0.7, dtype=dtype)
    theirs = keras.layers.BatchNormalization(momentum=0.7, dtype=dtype)
    for training in (True, True, False):
        np.testing.assert_allclose(ours(x, training=training), theirs(x, training=training), atol=3e-6)
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("way", [normalize_by_rows, normalize_fused])
def test_lanes_are_normalized_each_by_its_own_batch(way):
    lanes = tf.constant(generator.normal(size=(3, *X.shape)), tf.float32)
    gamma, beta = tf.constant(GAMMA, tf.float32), tf.constant(BETA, tf.float32)
    mapped = tf.vectorized_map(lambda x: way(x, gamma, beta, 1e-3)[0], lanes, fallback_to_while_loop=False)
    for x, y in zip(lanes, mapped, strict=True):
        np.testing.assert_allclose(y, definition(x, gamma, beta, 1e-3)[0], atol=1e-5)
