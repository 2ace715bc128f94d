"""Losses against their formulas in NumPy, in float64."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_softmax
from sklearn.utils.class_weight import compute_class_weight

from optbench.errors import ConfigError
from tests.losses.made_up import fitted, logits, made_up_dataset, made_up_model

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def value(name, dataset, z, **values):
    """The loss of each example, float64."""
    loss = fitted(name, dataset, made_up_model(z.shape[-1]), **values)
    y = dataset.train.y[: len(z)]
    return np.asarray(loss.value(tf.constant(z), tf.constant(y.astype(float) if y.dtype.kind == "f" else y))), y


def test_binary_cross_entropy():
    z = logits(50, 3)
    found, y = value("binary_cross_entropy", made_up_dataset("multilabel"), z)
    expected = -np.mean(y * np.log(expit(z)) + (1 - y) * np.log(expit(-z)), axis=1)
    np.testing.assert_allclose(found, expected, **TIGHT)
    z = logits(50, 1)
    found, y = value("binary_cross_entropy", made_up_dataset(size=2), z)
    np.testing.assert_allclose(found, -np.log(expit(np.where(y == 1, z[:, 0], -z[:, 0]))), **TIGHT)


def test_binary_cross_entropy_of_two_classes_is_the_cross_entropy():
    z = logits(50, 1)
    expected, _ = value("cross_entropy", made_up_dataset(size=2), z)
    found, _ = value("binary_cross_entropy", made_up_dataset(size=2), z)
    np.testing.assert_allclose(found, expected, **TIGHT)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal(gamma):
    z = logits(50, 3)
    found, y = value("focal", made_up_dataset(), z, gamma=gamma)
    log_p = np.take_along_axis(log_softmax(z, axis=1), y[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(found, -((1 - np.exp(log_p)) ** gamma) * log_p, rtol=1e-6)
    z = logits(50, 3)
    found, y = value("focal", made_up_dataset("multilabel"), z, gamma=gamma, alpha=0.25)
    p = np.where(y == 1, expit(z), expit(-z))
    expected = -np.where(y == 1, 0.25, 0.75) * (1 - p) ** gamma * np.log(p)
    np.testing.assert_allclose(found, expected.mean(axis=1), rtol=1e-6)


def test_focal_without_an_exponent_is_the_cross_entropy():
    z = logits(50, 3)
    expected, _ = value("cross_entropy", made_up_dataset(), z)
    np.testing.assert_allclose(value("focal", made_up_dataset(), z, gamma=0.0)[0], expected, **TIGHT)


def test_focal_has_a_finite_gradient_where_the_model_is_certain():
    for gamma in (0.3, 2.0):
        loss = fitted("focal", made_up_dataset(), made_up_model(), gamma=gamma)
        outputs = tf.constant([[100.0, 0.0, 0.0], [0.0, 100.0, 0.0]])
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            total = tf.reduce_sum(loss.value(outputs, tf.constant([0, 0])))
        assert np.isfinite(tape.gradient(total, outputs)).all()


def test_focal_refuses_alpha_for_several_classes():
    with pytest.raises(ConfigError, match=r"`loss\.alpha` weighs the two answers"):
        fitted("focal", made_up_dataset(), made_up_model(), alpha=0.25)


@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
def test_huber(delta):
    z = logits(50, 2)
    found, y = value("huber", made_up_dataset("regression", 2), z, delta=delta)
    e = np.abs(z - y)
    expected = np.where(e <= delta, e**2 / 2, delta * (e - delta / 2)).mean(axis=1)
    np.testing.assert_allclose(found, expected, **TIGHT)


def test_mae():
    z = logits(50, 2)
    found, y = value("mae", made_up_dataset("regression", 2), z)
    np.testing.assert_allclose(found, np.abs(z - y).mean(axis=1), **TIGHT)


@pytest.mark.parametrize("name", ["mse", "mae", "huber"])
def test_targets_without_an_axis_do_not_broadcast(name):
    data = made_up_dataset("regression", 1)
    flat = data._replace(train=data.train._replace(y=data.train.y[:, 0]))
    z = logits(7, 1)
    np.testing.assert_allclose(value(name, flat, z)[0], value(name, data, z)[0])
    assert value(name, flat, z)[0].shape == (7,)


@pytest.mark.parametrize("name", ["mse", "mae", "huber"])
def test_targets_of_another_shape_are_refused_with_both_shapes(name):
    loss = fitted(name, made_up_dataset("regression", 2), made_up_model(2))
    with pytest.raises(ConfigError, match=r"outputs of shape \(7, 2\) and targets of shape \(7, 1\)"):
        loss.value(tf.zeros([7, 2]), tf.zeros([7, 1]))


@pytest.mark.parametrize(("name", "outputs"), [("cross_entropy", 3), ("focal", 3), ("keras", 3), ("function", 3)])
def test_balanced_weights_are_those_of_scikit_learn(name, outputs):
    extra = {
        "keras": {"class_name": "SparseCategoricalCrossentropy"},
        "function": {"function": "tests.losses.test_function.sparse"},
    }.get(name, {})
    dataset, z = made_up_dataset(), logits(50, outputs)
    plain, y = value(name, dataset, z, **extra)
    weighted, _ = value(name, dataset, z, **extra, class_weight="balanced")
    weights = compute_class_weight("balanced", classes=np.arange(3), y=dataset.train.y)
    np.testing.assert_allclose(weighted, weights[y] * plain)


def test_weights_come_from_the_training_split_only():
    dataset = made_up_dataset()
    other = dataset._replace(valid=dataset.valid._replace(y=np.zeros_like(dataset.valid.y)))
    z = logits(50, 3)
    first, second = (value("cross_entropy", d, z, class_weight="balanced")[0] for d in (dataset, other))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("weights", [{0: 1, 2: 5}, {"0": 1.0, "2": 5.0}, {"a": 1, "c": 5}])
def test_weights_are_named_by_label_or_class(weights):
    dataset, z = made_up_dataset(class_names=("a", "b", "c")), logits(50, 3)
    plain, y = value("cross_entropy", dataset, z)
    weighted, _ = value("cross_entropy", dataset, z, class_weight=weights)
    np.testing.assert_allclose(weighted, np.array([1.0, 1.0, 5.0])[y] * plain)


def test_weights_of_a_sequence_count_at_each_position():
    dataset = made_up_dataset("sequence")
    model = made_up_model(3, each_position=True)
    z = np.random.default_rng(0).normal(size=(5, 6, 3))
    y = dataset.train.y[:5]
    plain, weighted = (
        fitted("cross_entropy", dataset, model, class_weight=w).value(tf.constant(z), tf.constant(y))
        for w in (None, {1: 3.0})
    )
    np.testing.assert_allclose(weighted, np.where(y == 1, 3.0, 1.0) * np.asarray(plain))
