"""The contracts of models and losses."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.losses.base import fit_loss
from optbench.models.base import Inputs
from optbench.models.initializers import glorot_normal, glorot_uniform, he_normal, orthogonal, truncated_normal
from tests.conftest import raw_node


def dataset(name, **values):
    return make(check(raw_node("dataset", name, **values), "dataset"))


def model(name, inputs, **values):
    return make(check(raw_node("model", name, **values), "model", ("inputs",)), inputs=inputs)


@pytest.mark.parametrize(
    ("name", "inputs", "values", "shapes"),
    [
        ("softmax", Inputs((4,), 3, "float32"), {}, [(4, 3), (3,)]),
        ("mlp", Inputs((2,), 2, "float32"), {"hidden": [11], "outputs": 1}, [(2, 11), (11,), (11, 1), (1,)]),
        ("mlp", Inputs((8, 8, 1), 10, "float32"), {}, [(64, 64), (64,), (64, 10), (10,)]),
        ("mlp", Inputs((4,), 3, "float32"), {"hidden": []}, [(4, 3), (3,)]),
    ],
)
def test_shapes(name, inputs, values, shapes):
    assert model(name, inputs, **values).shapes == shapes


def test_weights_depend_on_their_name_and_key_and_not_on_what_was_drawn_before():
    inputs = Inputs((8, 8, 1), 10, "float32")
    first, second = model("mlp", inputs), model("mlp", inputs)
    second.init("other")
    for a, b in zip(first.init("key")[0], second.init("key")[0], strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.init("key")[0][0], first.init("other")[0][0])


def test_the_precision_is_the_weights_and_the_outputs():
    network = model("mlp", Inputs((4,), 3, "float64"))
    params, state = network.init("key")
    outputs, _ = network.apply([tf.constant(p) for p in params], state, tf.zeros([2, 4], "float64"), False, None)
    assert {p.dtype for p in params} == {np.dtype("float64")}
    assert outputs.dtype == tf.float64


def test_initial_distributions():
    generator = np.random.default_rng(0)
    weights = he_normal(generator, (50, 4000))
    assert weights.std() == pytest.approx(np.sqrt(2 / 50), rel=0.02)
    cut = truncated_normal(generator, (200, 1000), 0.1)
    assert np.abs(cut).max() <= 0.2
    assert cut.std() == pytest.approx(0.1 * 0.8796, rel=0.02)  # sd of a standard normal cut at 2
    even = glorot_uniform(generator, (5, 5, 8, 40))
    assert np.abs(even).max() <= np.sqrt(6 / (25 * 48)) < np.abs(even).max() * 1.01
    assert even.std() == pytest.approx(np.sqrt(2 / (25 * 48)), rel=0.02)
    widened = glorot_normal(generator, (5, 5, 8, 40))
    assert np.abs(widened).max() <= 2 * np.sqrt(2 / (25 * 48)) / 0.8796
    assert widened.std() == pytest.approx(np.sqrt(2 / (25 * 48)), rel=0.02)
    turned = orthogonal(generator, (5, 20))
    np.testing.assert_allclose(turned @ turned.T, np.eye(5), atol=1e-12)


def test_glorots_weights_are_normal_in_convolutions_and_uniform_in_dense_layers():
    network = model("cnn_3c3d", Inputs((16, 16, 1), 3, "float32"))
    weights = dict(zip(network.names, network.init("key")[0], strict=True))
    spread = {name: np.abs(w).max() / w.std() for name, w in weights.items() if name.endswith("/kernel")}
    for name, ratio in spread.items():  # the largest: two deviations of what was cut, or the end of an interval
        expected = np.sqrt(3) if "dense" in name or name == "output/kernel" else 2 / 0.8796
        assert ratio == pytest.approx(expected, rel=0.05), name


def test_biases_start_at_their_constant():
    params, _ = model("mlp", Inputs((4,), 3, "float32"), bias=0.05).init("key")
    np.testing.assert_array_equal(params[1], np.full(64, 0.05, np.float32))


def loss(name):
    return make(check(raw_node("loss", name), "loss"))


def test_cross_entropy_by_hand():
    outputs = tf.constant([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]])
    expected = [-np.log(np.exp(2) / (np.exp(1) + np.exp(2) + np.exp(0.5))), np.log(3)]
    np.testing.assert_allclose(loss("cross_entropy").value(outputs, tf.constant([1, 2])), expected, rtol=1e-6)
    np.testing.assert_array_equal(loss("cross_entropy").decide(outputs), [1, 0])


def test_cross_entropy_of_a_single_output_by_hand():
    outputs = tf.constant([[2.0], [-1.0]])
    expected = [np.log(1 + np.exp(-2)), np.log(1 + np.exp(-1))]
    np.testing.assert_allclose(loss("cross_entropy").value(outputs, tf.constant([1, 0])), expected, rtol=1e-6)
    np.testing.assert_array_equal(loss("cross_entropy").decide(outputs), [1, 0])


def test_mse_by_hand():
    mse = loss("mse")
    np.testing.assert_allclose(mse.value(tf.constant([[0.1, 0.7]]), tf.constant([1])), [(0.01 + 0.09) / 2], rtol=1e-5)
    np.testing.assert_allclose(mse.value(tf.constant([[0.3], [0.6]]), tf.constant([0, 1])), [0.09, 0.16], rtol=1e-5)
    np.testing.assert_allclose(mse.value(tf.constant([[1.0]]), tf.constant([[3.0]])), [4.0])
    np.testing.assert_array_equal(mse.decide(tf.constant([[0.4], [0.6]])), [0, 1])
    np.testing.assert_array_equal(mse.decide(tf.constant([[0.4, 0.3], [0.1, 0.6]])), [0, 1])


def outputs_of(data, outputs, activation="linear"):
    return model("mlp", Inputs(data.train.x.shape[1:], 2, "float32"), outputs=outputs, output_activation=activation)


@pytest.mark.parametrize("name", ["cross_entropy", "mse"])
def test_a_loss_refuses_outputs_that_do_not_fit(name):
    iris, dot = dataset("iris"), dataset("dot")
    with pytest.raises(ConfigError, match=r"Received: model\.outputs=2"):
        loss(name).check(iris, outputs_of(iris, 2))
    loss(name).check(dot, outputs_of(dot, 1))
    loss(name).check(dot, outputs_of(dot, 2))


def test_a_second_softmax_is_not_applied():
    dot = dataset("dot")
    softmax = fit_loss(loss("cross_entropy"), dot, outputs_of(dot, 2, "softmax"))
    np.testing.assert_allclose(softmax.value(tf.constant([[0.2, 0.8]]), tf.constant([0])), [-np.log(0.2)], rtol=1e-6)
    loss("mse").check(dot, outputs_of(dot, 2, "softmax"))
