"""The network for tables, computed by hand, and its initial embeddings."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import ConfigError
from optbench.models.base import Inputs
from tests.models.test_networks import network

TABLE = Inputs((3,), 2, "float64")
SMALL = {"hidden": [5], "embedding": 4, "frequencies": 6}


def test_a_network_for_tables_by_hand():
    model = network("mlp_tabular", TABLE, **SMALL)
    params = [np.random.default_rng(1).normal(size=shape) for shape in model.shapes]
    p = dict(zip(model.names, params, strict=True))
    x = np.random.default_rng(0).normal(size=(7, 3))
    embedded = []
    for i in range(3):
        angles = 2 * np.pi * x[:, i : i + 1] * p["embedding/frequencies"][i]
        waves = np.hstack([np.cos(angles), np.sin(angles)])
        embedded.append(np.maximum(waves @ p["embedding/kernel"][i] + p["embedding/bias"][i], 0))
    hidden = np.maximum(np.hstack(embedded) @ p["dense_0/kernel"] + p["dense_0/bias"], 0)
    expected = hidden @ p["output/kernel"] + p["output/bias"]
    np.testing.assert_allclose(model.apply(params, [], tf.constant(x), False, None)[0], expected, rtol=1e-9)


def test_embeddings_start_as_the_paper_has_them_and_other_weights_as_the_model_says():
    model = network("mlp_tabular", Inputs((50,), 2, "float32"), sigma=0.3, bias=0.25)
    p = dict(zip(model.names, model.init("key")[0], strict=True))
    assert {value.dtype for value in p.values()} == {np.dtype("float32")}
    assert p["embedding/frequencies"].std() == pytest.approx(0.3, rel=0.1)
    for name in ("embedding/kernel", "embedding/bias"):
        assert np.abs(p[name]).max() == pytest.approx(1 / np.sqrt(32), rel=0.02)
    assert np.all(p["dense_0/bias"] == 0.25)
    again = dict(zip(model.names, model.init("key")[0], strict=True))
    np.testing.assert_array_equal(p["embedding/frequencies"], again["embedding/frequencies"])


@pytest.mark.parametrize("inputs", [Inputs((8, 8), 2, "float32"), Inputs((8,), 5, "float32", 5)])
def test_what_is_no_vector_is_refused(inputs):
    with pytest.raises(ConfigError, match="`model=mlp_tabular` needs vectors of numbers"):
        network("mlp_tabular", inputs)
