"""Each activation against its definition in NumPy, alone and inside a network."""

import typing

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, softmax

from optbench.config.build import check, make
from optbench.models.activations import ActivationName, Nonlinearity
from optbench.models.base import Inputs
from tests.conftest import raw_node

X = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
DEFINITIONS = {
    "relu": np.maximum(X, 0),
    "tanh": np.tanh(X),
    "sigmoid": expit(X),
    "leaky_relu": np.where(X > 0, X, 0.2 * X),
    "maxout": np.maximum(np.maximum(X[:, :2], X[:, 2:4]), X[:, 4:]),
    "softmax": softmax(X, axis=-1),
    "linear": X,
}


def test_every_name_has_a_definition_here():
    assert set(DEFINITIONS) == set(typing.get_args(ActivationName))


@pytest.mark.parametrize("name", DEFINITIONS)
def test_an_activation_is_what_its_name_says(name):
    np.testing.assert_allclose(Nonlinearity(name, slope=0.2, pieces=3)(tf.constant(X)), DEFINITIONS[name], rtol=2e-6)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_network_applies_it_between_its_layers(name):
    node = raw_node("model", "mlp", hidden=[7], activation=name, slope=0.2, pieces=3)
    model = make(check(node, "model", ("inputs",)), inputs=Inputs((6,), 2, "float32"))
    params, state = model.init("a name")
    kernel, bias, output, shift = (np.asarray(p) for p in params)
    assert kernel.shape == (6, 21 if name == "maxout" else 7)
    outputs, _ = model.apply(params, state, tf.constant(X), training=True, seed=None)
    hidden = Nonlinearity(name, slope=0.2, pieces=3)(tf.constant(X @ kernel + bias))
    np.testing.assert_allclose(outputs, hidden @ output + shift, rtol=2e-5, atol=1e-6)
