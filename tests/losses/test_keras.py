"""``loss=keras``: each class of keras.losses gives what Keras gives, or is refused with a reason."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.errors import ConfigError
from optbench.losses._keras_classes import CLASSES_ONLY, DISTRIBUTIONS, INTEGER_LABELS, MARGINS, UNSUPPORTED
from tests.losses.made_up import fitted, logits, made_up_dataset, made_up_model

CLASSES = [
    name
    for name, kind in vars(keras.losses).items()
    if inspect.isclass(kind) and issubclass(kind, keras.losses.Loss) and kind is not keras.losses.Loss
]
NUMBERS = [name for name in CLASSES if name not in CLASSES_ONLY | UNSUPPORTED.keys()]
KEYWORDS = {"Huber": {"delta": 2.0}, "Dice": {"axis": -1}, "Tversky": {"axis": -1, "alpha": 0.3}}


class Mine(keras.losses.Loss):
    """A class of a user's own, with an argument."""

    def __init__(self, power=2.0):
        super().__init__()
        self.power = power

    def call(self, y_true, y_pred):
        """The mean over the outputs of a power of the error."""
        return tf.reduce_mean(tf.abs(y_true - y_pred) ** self.power, axis=-1)


class Whole(Mine):
    """One number for a whole batch."""

    def call(self, y_true, y_pred):
        """The mean over everything."""
        return tf.reduce_mean(tf.abs(y_true - y_pred))


def test_the_tables_name_classes_that_there_are():
    assert CLASSES_ONLY | DISTRIBUTIONS | MARGINS | INTEGER_LABELS | UNSUPPORTED.keys() <= set(CLASSES)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_class_of_numbers_is_that_of_keras(name):
    dataset, keywords = made_up_dataset("regression", 2), KEYWORDS.get(name, {})
    z = np.abs(logits(20, 2)).astype(np.float32)  # Poisson's and the logarithm's are of positive numbers
    loss = fitted("keras", dataset, made_up_model(2), class_name=name, keywords=keywords)
    y = np.abs(dataset.train.y[:20])
    expected = getattr(keras.losses, name)(reduction=None, **keywords)(y, z)
    np.testing.assert_allclose(loss.value(tf.constant(z), tf.constant(y)), expected, rtol=1e-6)


@pytest.mark.parametrize("name", sorted(CLASSES_ONLY))
def test_a_class_of_classes_is_that_of_keras_for_probabilities(name):
    single = name not in DISTRIBUTIONS | {"Dice", "Tversky"}
    dataset = made_up_dataset(size=2 if single else 3)
    z = logits(20, 1 if single else 3).astype(np.float32)
    linear = name in MARGINS
    outputs = z if linear else np.asarray(tf.sigmoid(z) if single else tf.nn.softmax(z))
    model = made_up_model(z.shape[1], "linear" if linear else "sigmoid" if single else "softmax")
    keywords = KEYWORDS.get(name, {})
    loss = fitted("keras", dataset, model, class_name=name, keywords=keywords)
    y = dataset.train.y[:20]
    y_true = (
        y if name in INTEGER_LABELS else y[:, None].astype(np.float32) if single else np.eye(3, dtype=np.float32)[y]
    )
    expected = getattr(keras.losses, name)(reduction=None, **keywords)(y_true, outputs)
    np.testing.assert_allclose(loss.value(tf.constant(outputs), tf.constant(y)), expected, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(CLASSES_ONLY))
def test_a_class_of_classes_refuses_numbers(name):
    with pytest.raises(ConfigError, match=f"`loss.class_name={name}` needs"):
        fitted(
            "keras", made_up_dataset("regression", 2), made_up_model(2), class_name=name, keywords=KEYWORDS.get(name)
        )


@pytest.mark.parametrize("name", ["MeanSquaredError", "Huber", "LogCosh"])
def test_squared_and_other_errors_take_one_hot_classes(name):
    dataset, z = made_up_dataset(), logits(20, 3).astype(np.float32)
    loss = fitted("keras", dataset, made_up_model(), class_name=name)
    y_true = np.eye(3, dtype=np.float32)[dataset.train.y[:20]]
    expected = getattr(keras.losses, name)(reduction=None)(y_true, z)
    np.testing.assert_allclose(loss.value(tf.constant(z), tf.constant(dataset.train.y[:20])), expected, rtol=1e-6)
    assert loss.meaning is None  # the outputs are no logits


def test_ours_and_kerass_are_one_loss():
    data, z = made_up_dataset("regression", 2), tf.constant(logits(20, 2))
    y = tf.constant(data.train.y[:20].astype(float))
    for own, values, name, keywords in (
        ("mse", {}, "MeanSquaredError", None),
        ("mae", {}, "MeanAbsoluteError", None),
        ("huber", {"delta": 2.0}, "Huber", {"delta": 2.0}),
    ):
        ours, theirs = (
            fitted(loss, data, made_up_model(2), **node)
            for loss, node in ((own, values), ("keras", {"class_name": name, "keywords": keywords}))
        )
        np.testing.assert_allclose(ours.value(z, y), theirs.value(z, y), rtol=1e-6)


def test_the_precision_is_that_of_the_outputs():
    z = tf.constant(logits(5, 2))
    loss = fitted("keras", made_up_dataset("regression", 2), made_up_model(2), class_name="LogCosh")
    assert loss.value(z, tf.zeros_like(z)).dtype == tf.float64


def test_a_class_of_the_users_own_by_dotted_path():
    node = {"class_name": f"{__name__}.Mine", "keywords": {"power": 3}}
    loss = fitted("keras", made_up_dataset("regression", 2), made_up_model(2), **node)
    np.testing.assert_allclose(loss.value(tf.constant([[2.0, 0.0]]), tf.constant([[0.0, 1.0]])), [4.5])


@pytest.mark.parametrize("name", [*NUMBERS, *sorted(CLASSES_ONLY)])
def test_a_class_works_in_lanes(name):
    """The gradient of each of three lanes, all at once, is that of the lane alone."""
    classes = name in CLASSES_ONLY
    single = classes and name not in DISTRIBUTIONS | {"Dice", "Tversky"}
    dataset = made_up_dataset(size=2 if single else 3) if classes else made_up_dataset("regression", 3)
    z = np.abs(np.random.default_rng(1).normal(size=(3, 8, 1 if single else 3))).astype(np.float32)
    loss = fitted("keras", dataset, made_up_model(z.shape[-1]), class_name=name, keywords=KEYWORDS.get(name))
    y = tf.constant(np.abs(dataset.train.y[:8]))

    def gradient(outputs, y):
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            total = tf.reduce_sum(loss.value(outputs, y))
        return tape.gradient(total, outputs)

    @tf.function(jit_compile=True, autograph=False)
    def together(lanes, targets):
        """As training does it: the batches of lanes differ."""
        return tf.vectorized_map(lambda pair: gradient(*pair), (lanes, targets), fallback_to_while_loop=False)

    shuffled = tf.stack([tf.roll(y, shift, axis=0) for shift in range(3)])
    alone = [gradient(tf.constant(lane), targets) for lane, targets in zip(z, shuffled, strict=True)]
    np.testing.assert_allclose(together(tf.constant(z), shuffled), alone, rtol=1e-4, atol=1e-6)
