"""Dropout: which elements are dropped, and on what this depends."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.models._layers import Dropout, connect_layers
from optbench.models.base import Inputs, Weights, from_layers
from optbench.random.streams import key
from tests.random.test_counter import twin_fold, twin_happens

X = np.random.default_rng(0).normal(size=(6, 5, 7)) + 10  # nothing is zero that was not dropped
KEY = key("a test")


def dropped(number=0, rate=0.3, key=KEY, dtype="float32", training=True):
    layer = Dropout(rate, number, dtype)
    return np.asarray(layer([tf.constant(X, dtype), tf.constant(key)], training=training))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("number", [0, 3])
def test_the_mask_is_the_hash_of_key_layer_and_place(number, dtype):
    expected = np.where(twin_happens(twin_fold(KEY, number), X.shape, 0.3), 0, X / 0.7)
    seen = dropped(number, dtype=dtype)
    assert seen.dtype == dtype
    np.testing.assert_allclose(seen, expected, rtol=1e-6)


def test_evaluation_and_rate_zero_change_nothing():
    np.testing.assert_array_equal(dropped(training=False), X.astype(np.float32))
    np.testing.assert_array_equal(dropped(rate=0.0), X.astype(np.float32))


def test_the_mean_is_kept():
    layer, ones = Dropout(0.2, 0, "float32"), tf.ones([1000, 1000])
    assert float(tf.reduce_mean(layer([ones, tf.constant(KEY)], training=True))) == pytest.approx(1.0, abs=0.002)


def test_layers_and_keys_have_masks_of_their_own():
    masks = [dropped(number, key=k) == 0 for number in (0, 1) for k in (KEY, key("another"))]
    for i, mask in enumerate(masks):
        assert not any(np.array_equal(mask, other) for other in masks[i + 1 :])


def test_a_gradient_flows_where_a_number_was_kept():
    x = tf.constant(X, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = Dropout(0.3, 0, "float32")([x, tf.constant(KEY)], training=True)
    np.testing.assert_allclose(tape.gradient(out, x), np.where(dropped() == 0, 0, 1 / 0.7), rtol=1e-6)


def test_a_network_hands_its_key_to_the_layers_that_drop_out():
    layers = [Dropout(0.3, 0, "float32"), keras.layers.Activation("linear"), Dropout(0.3, 1, "float32")]
    x, k = tf.constant(X, tf.float32), tf.constant(KEY)
    network = from_layers("both", layers[:2], Inputs((5, 7), 7, "float32"), Weights("he_normal", 0.1, 0.0))
    np.testing.assert_array_equal(network.apply([], [], x, True, k)[0], dropped())
    np.testing.assert_array_equal(network.apply([], [], x, False, None)[0], X.astype(np.float32))
    masks = [np.asarray(layer([tf.ones_like(x), k], training=True)) for layer in (layers[0], layers[2])]
    call = tf.function(lambda x: connect_layers(layers[:1], x, k), autograph=False)
    assert call(x).shape == X.shape
    assert not np.array_equal(*masks)
