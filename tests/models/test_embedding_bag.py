"""The mean of embeddings computed by hand, invalid input, and learning."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import ConfigError
from optbench.models.base import Inputs
from tests.conftest import make_problem, make_setting
from tests.models.test_networks import network
from tests.training.helpers import runs_of, trained

IDS = Inputs((5,), 3, "float64", classes=3, ids=7)


def test_an_embedding_bag_by_hand():
    model = network("embedding_bag", IDS, width=4, bias=0.2)
    (table, kernel, bias), _ = model.init("key")
    x = np.random.default_rng(0).integers(0, 7, (6, 5))
    outputs = model.apply([table, kernel, bias], [], tf.constant(x, tf.int32), True, None)[0]
    np.testing.assert_allclose(outputs, table[x].mean(axis=1) @ kernel + bias, rtol=1e-9)
    assert model.parameter_names[0].kind == "embedding"
    assert (model.compute, model.each_position) == ("dense", False)


@pytest.mark.parametrize("inputs", [Inputs((8,), 3, "float32"), Inputs((8,), 5, "float32", symbols=5)])
def test_what_is_no_set_of_ids_is_refused(inputs):
    with pytest.raises(ConfigError, match=r"`model=embedding_bag` needs ids, .* Received: examples of shape 8"):
        network("embedding_bag", inputs)


@pytest.mark.parametrize("name", ["mlp", "softmax"])
def test_a_model_of_numbers_refuses_ids(name):
    with pytest.raises(ConfigError, match=rf"`model={name}` needs numbers. Received: ids from 0 to 6"):
        network(name, IDS)


def test_embedding_bags_learn_side_by_side():
    nodes = {"dataset": {"form": "ids", "size": 60}, "model": {"width": 4}}
    problem = make_problem("sparse_logistic", "embedding_bag", nodes=nodes, epochs=10, points=2)
    runs = runs_of(problem, make_setting("adam", learning_rate=0.03), seeds=[0, 1])
    for curve, *_ in trained(runs, "graph").values():
        assert curve[-1, 0] < 0.75 * curve[0, 0]
