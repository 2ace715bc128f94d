"""Metrics computed in chunks equal those of all examples at once."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.models.base import Inputs
from optbench.problem import problem
from optbench.problem.chunks import map_over_chunks, mean_over_chunks
from optbench.training import compiled
from tests.conftest import make_problem, make_setting
from tests.models.test_networks import network
from tests.training.helpers import runs_of, trained

X = np.random.default_rng(0).normal(size=(23, 3))
Y = np.arange(23) % 4


def metrics(x, y):
    return {"loss": tf.reduce_mean(x[:, 0] * tf.cast(y, x.dtype)), "accuracy": tf.reduce_mean(tf.cast(y == 1, x.dtype))}


@pytest.mark.parametrize("size", [1, 4, 11, 12, 22, 23, 100])
@pytest.mark.parametrize("xla", [True, False])
def test_every_example_counts_once(size, xla):
    chunked = tf.function(lambda x, y: mean_over_chunks(metrics, x, y, size), jit_compile=xla, autograph=False)
    seen = chunked(tf.constant(X), tf.constant(Y))
    assert float(seen["loss"]) == pytest.approx((X[:, 0] * Y).mean(), rel=1e-12)
    assert float(seen["accuracy"]) == pytest.approx(6 / 23, rel=1e-12)


@pytest.mark.parametrize("xla", [True, False])
@pytest.mark.parametrize("size", [4, 22, 23])
def test_each_lane_has_its_own_rows_of_all_examples_in_order(size, xla):
    weights = np.random.default_rng(1).normal(size=(3, 3, 2))

    def rows(w):
        return map_over_chunks(lambda x: x @ w, tf.constant(X), len(X), size)

    lanes = tf.function(lambda w: tf.vectorized_map(rows, w, fallback_to_while_loop=False), jit_compile=xla)
    np.testing.assert_allclose(lanes(tf.constant(weights)), X @ weights, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 5, 23])
def test_no_call_sees_more_examples_than_the_size(size):
    seen = []
    mean_over_chunks(lambda x, y: seen.append(len(x)) or metrics(x, y), tf.constant(X), tf.constant(Y), size)
    assert max(seen) == size
    assert sum(seen) == 23


def test_the_size_follows_from_the_largest_layer():
    assert network("resnet18", filters=2, blocks=[1]).examples_within(32 * 32 * 2 * 10 + 1) == 10
    assert network("mlp", Inputs((784,), 10, "float32")).examples_within(784 * 3) == 3
    assert network("mlp", Inputs((784,), 10, "float32")).examples_within(5) == 1
    assert network("mlp", Inputs((784,), 10, "float32")).examples_within(problem.LARGEST_OUTPUT) >= 10_000


@pytest.mark.parametrize(
    ("model", "mode"), [("mlp", "xla"), ("mlp", "graph"), ("mlp", "eager"), ("baseline_cnn", "graph")]
)
def test_a_curve_does_not_depend_on_the_chunks_beyond_rounding(model, mode, monkeypatch):
    nodes = {"model": {"hidden": 8}} if model == "baseline_cnn" else None
    runs = runs_of(make_problem(model=model, nodes=nodes, steps=3), make_setting(), seeds=[0, 1])
    whole = trained(runs, mode)
    monkeypatch.setattr(problem, "LARGEST_OUTPUT", 64 * 100)
    monkeypatch.setattr(compiled, "compilation_cache", lambda: None)  # which knows the size by its file
    chunked = trained(runs, mode)
    for run in runs:
        np.testing.assert_allclose(whole[run.run_id][0], chunked[run.run_id][0], rtol=1e-5)
        assert not np.array_equal(whole[run.run_id][0], chunked[run.run_id][0])  # it was in chunks indeed
