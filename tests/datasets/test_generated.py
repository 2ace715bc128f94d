"""Generated data with a known minimum loss: sparse features with a logistic model, and a Markov chain."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit

from optbench.datasets.markov import draw_sequences, entropy_rate, markov
from optbench.datasets.sparse_logistic import draw_features, expected_loss, sparse_logistic
from optbench.errors import ConfigError
from optbench.models.base import inputs_of
from optbench.random.streams import stream


def test_features_are_different_ones_as_frequent_as_the_exponent_says():
    ids = draw_features(stream("features"), 20_000, 50, 3, 1.0)
    assert all(len(set(row)) == 3 for row in ids[:1000])
    one = draw_features(stream("features"), 50_000, 50, 1, 1.0)
    expected = 1 / np.arange(1, 51)
    np.testing.assert_allclose(np.bincount(one[:, 0]) / 50_000, expected / expected.sum(), atol=0.007)


def test_vectors_are_what_the_ids_stand_for():
    data = sparse_logistic(examples=200, size=30, active=4)
    ids = data.train.x
    assert (ids.dtype, ids.shape[1], data.ids) == (np.int32, 4, ())
    for dtype in ("float32", "float64"):
        dense = data.prepare(tf.constant(ids), tf.as_dtype(dtype))
        expected = np.zeros((len(ids), 30), dtype)
        expected[np.arange(len(ids))[:, None], ids] = 0.5
        np.testing.assert_array_equal(dense, expected)
    assert inputs_of(data, "float32").shape == (30,)
    as_ids = sparse_logistic(examples=200, size=30, active=4, form="ids")
    np.testing.assert_array_equal(as_ids.train.x, ids)
    assert (inputs_of(as_ids, "float32").ids, as_ids.ids) == (30, (("x", 30),))


def test_labels_are_drawn_by_the_weights():
    """With few features that occur often, the share of ones beside each is what a logistic model of it says."""
    data = sparse_logistic(examples=30_000, size=4, active=1, exponent=0.0, scale=1.0)
    weights = stream_after_features(4)
    x, y = data.train.x[:, 0], data.train.y
    np.testing.assert_allclose([y[x == i].mean() for i in range(4)], expit(weights), atol=0.02)
    p = expit(weights)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    said = float(data.notes[0].split()[-1].rstrip("."))
    assert said == pytest.approx(entropy.mean(), abs=0.005)
    assert expected_loss(np.array([0.0, 800.0])) == pytest.approx(np.log(2) / 2)


def stream_after_features(size):
    """The weights that the data set drew after its features."""
    generator = stream("sparse_logistic", 0)
    draw_features(generator, 30_000, size, 1, 0.0)
    return generator.normal(scale=1.0, size=size)


def test_as_many_features_as_there_are_is_refused():
    with pytest.raises(ConfigError, match=r"Received: dataset\.active=5 and dataset\.size=5"):
        sparse_logistic(size=5, active=5)


def test_a_chain_follows_its_probabilities():
    p = np.random.default_rng(0).dirichlet(np.ones(3), size=9)
    ids = draw_sequences(np.random.default_rng(1), p, 2000, 400)
    context = 3 * ids[:, :-2] + ids[:, 1:-1]
    for c in range(9):
        following = ids[:, 2:][context == c]
        np.testing.assert_allclose(np.bincount(following, minlength=3) / len(following), p[c], atol=0.03)


def test_the_entropy_rate_is_that_of_the_stationary_chain():
    p = np.array([[0.9, 0.1], [0.5, 0.5]])
    entropies = -(p * np.log(p)).sum(axis=1)
    assert entropy_rate(p) == pytest.approx(entropies @ [5 / 6, 1 / 6])
    assert entropy_rate(np.array([[1.0, 0.0], [0.0, 1.0]])) == 0
    symbols, order = 3, 2  # against the frequencies that an eigenvector has
    p = np.random.default_rng(0).dirichlet(np.ones(symbols), size=symbols**order)
    transition = np.zeros((9, 9))
    for (a, b), c in itertools.product(itertools.product(range(3), repeat=2), range(3)):
        transition[3 * a + b, 3 * b + c] = p[3 * a + b, c]
    values, vectors = np.linalg.eig(transition.T)
    frequency = np.real(vectors[:, np.argmax(np.real(values))])
    expected = frequency / frequency.sum() @ -(p * np.log(p)).sum(axis=1)
    assert entropy_rate(p) == pytest.approx(expected)


def test_targets_are_the_next_symbols():
    data = markov(examples=50, length=7, symbols=4)
    assert (data.kind, data.classes) == ("sequence", 4)
    assert data.train.x.shape == data.train.y.shape == (30, 7)
    np.testing.assert_array_equal(data.train.x[:, 1:], data.train.y[:, :-1])
    assert data.train.x.dtype == data.train.y.dtype == np.int32
