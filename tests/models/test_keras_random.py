"""Random numbers of Keras layers: determined by the run's seed, different in each lane and step, equal in each mode."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.tensorflow import random as keras_random

from optbench.errors import ConfigError
from optbench.models import _keras_random
from optbench.models._keras_random import ACTIVE, CounterDraws, NumpyDraws, drawing
from optbench.models.keras import from_keras
from optbench.optimizers.sgd import sgd
from optbench.training.loop import compile_mode, lanes_for
from tests.conftest import make_setting
from tests.models import keras_models
from tests.models.keras_models import IDS, IMAGE, SEQUENCE, VECTOR, L, batch, built, row, transformer
from tests.models.test_keras import keras_problem
from tests.training.helpers import runs_of, trained

STEP = tf.constant([3, 4], tf.uint32)
LANES = {  # layers whose runs train side by side
    "Dropout": (L.Dropout, VECTOR, 0.5),
    "SpatialDropout1D": (L.SpatialDropout1D, SEQUENCE, 0.5),
    "SpatialDropout2D": (L.SpatialDropout2D, IMAGE, 0.5),
    "GaussianNoise": (L.GaussianNoise, VECTOR, 0.5),
    "GaussianDropout": (L.GaussianDropout, VECTOR, 0.5),
    "AlphaDropout": (L.AlphaDropout, VECTOR, 0.5),
}
ALONE = {  # layers whose runs train one by one, in graph mode
    "LSTM": (lambda: row(L.LSTM(4, dropout=0.3, recurrent_dropout=0.3), L.Dense(3)), SEQUENCE),
    "GRU": (lambda: row(L.GRU(4, dropout=0.3, recurrent_dropout=0.3), L.Dense(3)), SEQUENCE),
    "RandomFlip": (lambda: row(L.RandomFlip(), L.Flatten(), L.Dense(3)), IMAGE),
    "RandomRotation": (lambda: row(L.RandomRotation(0.3), L.Flatten(), L.Dense(3)), IMAGE),
    "transformer": (lambda: transformer, IDS),
    "no seed": (lambda: row(Noise(None), L.Dense(3)), VECTOR),
}
NO_XLA = ("RandomRotation",)


class Noise(keras.Layer):
    """A layer that draws with a seed of its own choice, or with none."""

    def __init__(self, seed, **options):
        super().__init__(**options)
        self.seed = seed

    def call(self, x, training=False):
        return x + keras.random.truncated_normal(keras.ops.shape(x), seed=self.seed) if training else x


def call(model, params, state, x, training=True, key=STEP):
    return np.asarray(model.apply(params, state, x, training, key)[0])


def check_seeding(model, params, inputs):
    """Same state, same numbers; another seed or a later step, others; no numbers in evaluation."""
    x = batch(inputs)
    (_, state), (_, other) = model.init("seed 0"), model.init("seed 1")
    first = call(model, params, state, x)
    np.testing.assert_array_equal(first, call(model, params, state, x))
    _, later = model.apply(params, state, x, True, STEP)
    assert not np.allclose(first, call(model, params, other, x))
    assert not np.allclose(first, call(model, params, later, x))
    np.testing.assert_array_equal(*(call(model, params, s, x, training=False, key=None) for s in (state, other)))
    return first


@pytest.mark.parametrize("name", LANES)
def test_a_layer_draws_in_lanes_and_in_xla_what_it_draws_alone(name):
    make, inputs, rate = LANES[name]
    model, params, _ = built(row(make(rate), L.Flatten(), L.Dense(3)), inputs)
    assert model.compute == "dense"
    first = check_seeding(model, params, inputs)
    x, states = batch(inputs), [model.init(f"seed {seed}")[1] for seed in range(2)]
    stacked = [tf.stack(values) for values in zip(*states, strict=True)]

    def lane(state):
        return model.apply(params, state, x, True, STEP)[0]

    def mapped(state):
        return tf.vectorized_map(lane, state, fallback_to_while_loop=False)

    for xla in (False, True):
        outputs = tf.function(mapped, jit_compile=xla, autograph=False)(stacked)
        np.testing.assert_allclose(outputs[0], first, rtol=1e-5, atol=1e-5)
        assert not np.allclose(outputs[0], outputs[1])


@pytest.mark.parametrize("name", ALONE)
def test_a_layer_draws_by_the_seed(name):
    make, inputs = ALONE[name]
    model, params, state = built(make(), inputs)
    if name == "no seed":  # its numbers depend on the key of the step, which depends on the seed
        first, again, other = (call(model, params, state, batch(inputs), key=k) for k in (STEP, STEP, STEP + 1))
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)
        return
    check_seeding(model, params, inputs)
    assert (lanes_for("graph", model, sgd(0.1)) == 1) == (name != "transformer")
    if name in NO_XLA:
        with pytest.raises(
            ConfigError, match=r"cannot compile the layer random_rotation\w* \(RandomRotation\)\. Received"
        ):
            compile_mode("xla", model)
        assert compile_mode("auto", model) == "graph"


def test_a_seed_of_a_layer_makes_the_same_numbers_in_each_step():
    model, params, state = built(row(Noise(7), L.Dense(3)))
    np.testing.assert_array_equal(*(call(model, params, state, batch(VECTOR), key=k) for k in (STEP, STEP + 1)))


def test_the_masks_of_dropout_have_its_rate_and_keep_the_mean():
    with drawing(CounterDraws(STEP)):
        dropped = np.asarray(keras.random.dropout(tf.ones([400, 500]), 0.3))
        broad = np.asarray(keras.random.dropout(tf.ones([40, 50, 60]), 0.5, noise_shape=(None, 1, 60)))
    assert (dropped == 0).mean() == pytest.approx(0.3, abs=0.005)
    np.testing.assert_allclose(dropped[dropped != 0], 1 / 0.7, rtol=1e-6)
    np.testing.assert_array_equal(broad, np.broadcast_to(broad[:, :1], broad.shape))


@pytest.mark.parametrize("source", [lambda: CounterDraws(STEP), lambda: NumpyDraws(np.random.default_rng(0))])
def test_every_distribution_is_what_keras_says(source):
    size = (200, 300)
    with drawing(source()):
        even = np.asarray(keras.random.uniform(size, -2.0, 3.0))
        normal = np.asarray(keras.random.normal(size, 1.0, 2.0, dtype="float64"))
        cut = np.asarray(keras.random.truncated_normal(size, 0.5, 0.1))
        whole = np.asarray(keras.random.randint(size, 2, 6))
        order = np.asarray(keras.random.shuffle(tf.range(50)))
        classes = np.asarray(keras.random.categorical(tf.math.log([[0.2, 0.5, 0.3]] * 2), 20_000))
    assert (even.min() >= -2, even.max() < 3, normal.dtype, whole.dtype) == (True, True, np.float64, np.int32)
    assert even.mean() == pytest.approx(0.5, abs=0.02)
    assert (normal.mean(), normal.std()) == (pytest.approx(1, abs=0.03), pytest.approx(2, abs=0.03))
    assert np.abs(cut - 0.5).max() <= 0.2 + 1e-6
    assert (cut.mean(), cut.std()) == (pytest.approx(0.5, abs=2e-3), pytest.approx(0.1 * 0.8796, rel=0.02))
    np.testing.assert_allclose(np.bincount(whole.ravel(), minlength=6) / whole.size, [0, 0, *[0.25] * 4], atol=0.01)
    assert sorted(order) == list(range(50))
    assert list(order) != list(range(50))
    np.testing.assert_allclose(np.bincount(classes[0]) / 20_000, [0.2, 0.5, 0.3], atol=0.015)


def test_keras_is_as_before_where_nothing_draws_from_us():
    before = {name: getattr(keras_random, name) for name in _keras_random.REPLACEMENTS}
    with drawing(CounterDraws(STEP)):
        ours = keras.random.normal((3,), seed=1)
        token = ACTIVE.set(None)  # as in another thread
        theirs = keras.random.normal((3,), seed=1)
        ACTIVE.reset(token)
    np.testing.assert_array_equal(theirs, keras.random.normal((3,), seed=1))
    assert not np.allclose(ours, theirs)
    assert {name: getattr(keras_random, name) for name in before} == before


def test_the_private_names_of_keras_are_where_they_were():
    """Keras's public functions and layers draw through the functions that are replaced."""
    drawn = []

    class Counting(CounterDraws):
        def _key_of(self, seed):
            drawn.append(seed)
            return super()._key_of(seed)

    layers = [L.Dropout(0.5), L.GaussianNoise(0.5), L.AlphaDropout(0.5), L.RandomFlip()]
    with drawing(Counting(STEP)):
        for layer in layers:
            layer(np.ones((2, 4, 4, 1), np.float32), training=True)
        keras.initializers.Orthogonal()((3, 3))
        keras.random.normal((2,))
    assert len(drawn) == len(layers) + 2


class Gamma(keras.Layer):
    """A layer that draws from a distribution which is not offered."""

    def call(self, x):
        return x * keras.random.gamma(keras.ops.shape(x), 1.0)


@pytest.mark.parametrize(
    ("build", "inputs", "layer", "function"),
    [
        (row(Gamma(name="mine"), L.Dense(3)), VECTOR, "`mine` (Gamma)", "gamma"),
        (row(L.MixUp(name="mix"), L.Flatten(), L.Dense(3)), IMAGE, "`mix` (MixUp)", "beta"),
    ],
)
def test_a_layer_with_another_distribution_is_refused_in_one_line(build, inputs, layer, function):
    with pytest.raises(ConfigError) as error:
        from_keras(build, inputs)
    assert str(error.value).startswith(f"Layer {layer} draws from keras.random.{function}, which ")
    assert "\n" not in str(error.value)


def dropping(input_shape):
    return keras.Sequential([keras.Input(input_shape), L.Dense(8), L.Dropout(0.5), L.Dense(3)])


@pytest.mark.parametrize(("rule", "values"), [("sgd", {}), ("keras", {"class_name": "SGD"})])
def test_the_same_study_twice_has_the_same_curves_whatever_else_was_drawn_and_built(rule, values):
    curves = []
    for before in range(2):
        random.seed(before)
        keras.random.normal((before,))
        keras_models.dense((4,), 3)
        runs = runs_of(keras_problem(dropping, steps=6), make_setting(rule, **values), seeds=[0, 1])
        curves.append([curve for curve, *_ in trained(runs, "graph").values()])
    np.testing.assert_array_equal(*curves)
    assert not np.array_equal(*curves[0])
