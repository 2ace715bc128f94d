"""Initial weights of Keras models: by their own initializers, from the seed and the position only."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import check
from optbench.errors import ConfigError
from optbench.models.keras import from_keras
from optbench.problem.built import BuiltProblems
from tests.conftest import ROOT, make_problem, make_setting, raw_node
from tests.models.keras_models import VECTOR, L, built, row
from tests.models.test_keras import keras_problem
from tests.training.helpers import runs_of

SHAPE = (400, 300)
INITIALIZERS = keras.initializers
DRAWN = {  # initializer: mean, standard deviation, largest size
    "RandomNormal": (INITIALIZERS.RandomNormal(0.5, 0.2), 0.5, 0.2, np.inf),
    "RandomUniform": (INITIALIZERS.RandomUniform(-1, 3), 1.0, 4 / np.sqrt(12), 3),
    "TruncatedNormal": (INITIALIZERS.TruncatedNormal(0.0, 0.1), 0.0, 0.08796, 0.2),
    "VarianceScaling": (
        INITIALIZERS.VarianceScaling(3.0, "fan_out", "untruncated_normal"),
        0.0,
        np.sqrt(3 / 300),
        np.inf,
    ),
    "GlorotUniform": (INITIALIZERS.GlorotUniform(seed=3), 0.0, np.sqrt(2 / 700), np.sqrt(6 / 700)),
    "GlorotNormal": (INITIALIZERS.GlorotNormal(), 0.0, np.sqrt(2 / 700), 2 * np.sqrt(2 / 700) / 0.8796),
    "HeUniform": (INITIALIZERS.HeUniform(), 0.0, np.sqrt(2 / 400), np.sqrt(6 / 400)),
    "HeNormal": (INITIALIZERS.HeNormal(), 0.0, np.sqrt(2 / 400), 2 * np.sqrt(2 / 400) / 0.8796),
    "LecunUniform": (INITIALIZERS.LecunUniform(), 0.0, np.sqrt(1 / 400), np.sqrt(3 / 400)),
    "LecunNormal": (INITIALIZERS.LecunNormal(), 0.0, np.sqrt(1 / 400), 2 * np.sqrt(1 / 400) / 0.8796),
}
FIXED = {
    "Zeros": (INITIALIZERS.Zeros(), np.zeros((4, 4))),
    "Ones": ("ones", np.ones((4, 4))),
    "Constant": (INITIALIZERS.Constant(1.5), np.full((4, 4), 1.5)),
    "Identity": (INITIALIZERS.Identity(2.0), 2 * np.eye(4)),
}


def values(build, seed=0, inputs=VECTOR, **options):
    """All initial values of a seed."""
    return [np.asarray(v) for group in from_keras(build, inputs, **options).init(f"seed {seed}") for v in group]


def kernel(initializer, shape=SHAPE, seed=0):
    build = row(keras.Input(shape[:1]), L.Dense(shape[1], kernel_initializer=initializer), L.Dense(3))
    return values(build, seed, VECTOR._replace(shape=shape[:1]))[0]


@pytest.mark.parametrize("name", DRAWN)
def test_an_initializer_of_keras_has_its_distribution_and_a_value_for_each_seed(name):
    initializer, mean, deviation, largest = DRAWN[name]
    first = kernel(initializer)
    assert first.mean() == pytest.approx(mean, abs=5 * deviation / np.sqrt(first.size))
    assert first.std() == pytest.approx(deviation, rel=0.02)
    assert np.abs(first).max() <= largest * 1.001
    assert not np.allclose(first, kernel(initializer, seed=1))


@pytest.mark.parametrize("name", FIXED)
def test_a_constant_initializer_gives_its_constant(name):
    initializer, expected = FIXED[name]
    np.testing.assert_array_equal(kernel(initializer, (4, 4)), expected)


def test_an_orthogonal_kernel_is_orthogonal():
    wide = kernel(INITIALIZERS.Orthogonal(2.0), (10, 30))
    np.testing.assert_allclose(wide @ wide.T, 4 * np.eye(10), atol=1e-5)


def test_every_initializer_of_keras_is_tested():
    found = {
        c.__name__
        for c in vars(INITIALIZERS).values()
        if isinstance(c, type) and issubclass(c, INITIALIZERS.Initializer)
    }
    assert found - {"Initializer", "STFT"} == {*DRAWN, *FIXED, "Orthogonal"}  # STFT is no draw, and of one layer


def unnamed():
    return keras.Sequential([L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dropout(0.5), L.Dense(3)])


def test_weights_do_not_depend_on_what_was_built_and_drawn_before():
    first = values(unnamed)
    for _ in range(3):
        keras.Sequential([L.Dense(2)])
        random.random()
    for a, b in zip(first, values(unnamed), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.heavy
def test_weights_are_the_same_in_another_process():
    code = (
        "import json, keras; keras.layers.Dense(3); from tests.models.test_keras_initial_weights import *; "
        "print(json.dumps([from_keras(unnamed, VECTOR).identity, [v.tolist() for v in values(unnamed)]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = [from_keras(unnamed, VECTOR).identity, [v.tolist() for v in values(unnamed)]]
    assert json.loads(done.stdout.splitlines()[-1]) == expected


def test_layers_of_one_shape_differ_and_unnamed_weights_are_drawn_by_position():
    same = values(row(L.Dense(6, use_bias=False), L.Dense(6, use_bias=False), L.Dense(3)))
    assert not np.allclose(same[0], same[1])
    named = values(row(L.Dense(6, use_bias=False, name="b"), L.Dense(6, use_bias=False, name="a"), L.Dense(3)))
    np.testing.assert_array_equal(same[1], named[1])


def test_an_lstm_keeps_the_bias_of_its_forget_gate():
    _, recurrent, bias, *_ = values(row(L.LSTM(3), L.Dense(3)), inputs=VECTOR._replace(shape=(4, 2)))
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], 3))
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(3), atol=1e-5)


class OwnSeeded(INITIALIZERS.Initializer):
    """An initializer of the user's that draws by a seed of its own."""

    def __init__(self, seed=None):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        return np.random.default_rng(self.seed).normal(size=shape).astype(dtype)

    def get_config(self):
        return {"seed": self.seed}


def own_with_argument(shape, dtype=None, seed=None):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def own_global(shape, dtype=None):
    return np.random.normal(size=shape).astype(dtype)  # noqa: NPY002


def own_keras(shape, dtype=None):
    return 2 * keras.random.normal(shape, dtype=dtype)


@pytest.mark.parametrize("initializer", [OwnSeeded(), own_with_argument, own_global, own_keras])
def test_an_initializer_of_ones_own_is_seeded(initializer):
    first, again, other = (kernel(initializer, (6, 5), seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_an_initializer_without_random_numbers_keeps_its_values():
    def ramp(shape, dtype=None):
        return tf.reshape(tf.range(np.prod(shape), dtype=dtype), shape)

    np.testing.assert_array_equal(kernel(ramp, (6, 5), seed=1).ravel(), np.arange(30))


def with_loaded_backbone():
    model = keras.Sequential([keras.Input((6,)), L.Dense(4, name="backbone"), L.Dense(3, name="head")])
    model.layers[0].set_weights([np.full((6, 4), 0.25), np.arange(4.0)])
    return model


def test_weights_that_the_function_sets_stay_and_the_others_are_drawn():
    first, second = (values(with_loaded_backbone, seed) for seed in (0, 1))
    for of_seed in (first, second):
        np.testing.assert_array_equal(of_seed[0], np.full((6, 4), 0.25))
        np.testing.assert_array_equal(of_seed[1], np.arange(4.0))
    assert not np.allclose(first[2], second[2])
    (note,) = from_keras(with_loaded_backbone, VECTOR).notes
    assert note == "All seeds start from the given values of `sequential/backbone/kernel` and 1 other tensor."


def test_drawn_draws_what_was_set_and_given_keeps_everything():
    drawn = values(with_loaded_backbone, initial_weights="drawn")
    assert not np.allclose(drawn[0], 0.25)
    given = [values(with_loaded_backbone, seed, initial_weights="given") for seed in (0, 1)]
    for a, b, own in zip(*given, with_loaded_backbone().get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.shape == own.shape
    np.testing.assert_array_equal(given[0][0], np.full((6, 4), 0.25))


MODULE_LEVEL = keras.Sequential([keras.Input((6,)), L.Dense(4), L.Dense(3)])


def test_a_model_that_was_there_before_gives_its_weights_or_says_that_it_cannot_draw():
    for model in (MODULE_LEVEL, lambda: MODULE_LEVEL):
        for value, own in zip(values(model), MODULE_LEVEL.get_weights(), strict=True):
            np.testing.assert_array_equal(value, own)
    with pytest.raises(ConfigError, match=r"needs weights that `model\.build` creates itself"):
        from_keras(lambda: MODULE_LEVEL, VECTOR, initial_weights="drawn")


SCALE = 0.25


def scaled_backbone(input_shape):
    model = keras.Sequential([keras.Input(input_shape), L.Dense(4), L.Dense(3)])
    model.layers[0].set_weights([np.full((4, 4), SCALE), np.zeros(4)])
    return model


def run_ids(problem):
    built_problem = BuiltProblems().get(problem)
    return built_problem.data_digest, [run.run_id for run in runs_of(problem, make_setting(), identify_data=True)]


def test_what_a_function_reads_from_a_file_enters_the_identity(tmp_path):
    """A rate changes no weight and no layer, and no code either."""

    def from_file():
        rate = float((tmp_path / "rate.txt").read_text())
        return keras.Sequential([L.Dense(4), L.Dropout(rate), L.Dense(3)])

    identities = []
    for rate in ("0.1", "0.1", "0.2"):
        (tmp_path / "rate.txt").write_text(rate)
        identities.append(from_keras(from_file, VECTOR).identity)
    assert identities[0] == identities[1] != identities[2]


def test_given_weights_enter_the_run_id(monkeypatch):
    """A weight file that changes leaves configuration and code as they are: here a number that no code holds."""
    problem = keras_problem(scaled_backbone)
    first = run_ids(problem)
    assert run_ids(problem) == first
    monkeypatch.setattr(sys.modules[__name__], "SCALE", 0.5)
    changed = run_ids(problem)
    assert changed[0] != first[0]
    assert set(changed[1]).isdisjoint(first[1])


OWN_MODULE = """
import keras

def build(input_shape, classes):
    return keras.Sequential([keras.layers.Dense(UNITS), keras.layers.Dense(classes)])

class Mine(keras.optimizers.SGD):
    SLOWER = UNITS

class Falling(keras.optimizers.schedules.CosineDecay):
    SLOWER = UNITS
"""


def test_the_code_that_a_configuration_names_enters_the_run_id(tmp_path, monkeypatch):
    """Of a model's function, an optimizer's class and a schedule's class, each in a file that changes."""
    monkeypatch.syspath_prepend(tmp_path)
    name = "named_by_a_configuration"
    write_module(tmp_path, name, 4)
    setting = make_setting("keras", class_name=f"{name}.Mine")
    schedule = check(raw_node("schedule", "keras", class_name=f"{name}.Falling"), "schedule")
    model = check(raw_node("model", "keras", build=f"{name}.build"), "model", ("inputs",))
    problem = make_problem("iris", "softmax")
    before = {
        "model": runs_of(replace(problem, model=model), make_setting(), seeds=[0])[0],
        "optimizer": runs_of(problem, setting, seeds=[0])[0],
        "schedule": runs_of(problem, replace(make_setting(), schedule=schedule), seeds=[0])[0],
    }
    write_module(tmp_path, name, 5)
    after = {group: runs_of(run.problem, run.setting, seeds=[0])[0] for group, run in before.items()}
    assert all(run.identified for run in (*before.values(), *after.values()))
    assert [group for group in before if before[group].run_id == after[group].run_id] == []


def write_module(folder, name, units):
    (folder / f"{name}.py").write_text(OWN_MODULE.replace("UNITS", str(units)))


def test_frozen_weights_are_drawn_per_seed_and_stay_in_the_state():
    def frozen():
        return keras.Sequential([L.Dense(4, trainable=False), L.Dense(3)])

    model, params, state = built(frozen)
    assert (len(params), len(state)) == (2, 2)
    assert not np.allclose(state[0], model.init("seed 1")[1][0])
