"""Size of the state of each rule, in floats per parameter, as stated in README."""

import pytest
import tensorflow as tf

from tests.conftest import stems
from tests.optimizers.examination import subject

FLOATS = {  # per element of a parameter
    "adabelief": 2,
    "adadelta": 2,
    "adagrad": 1,
    "adam": 2,
    "adamax": 2,
    "adamw": 2,
    "adan": 4,
    "ademamix": 3,
    "adopt": 2,
    "amsgrad": 3,
    "dog": 1,
    "ftrl": 2,
    "lamb": 2,
    "lars": 1,
    "lion": 1,
    "momentum": 1,
    "nadam": 2,
    "prodigy": 4,
    "radam": 2,
    "rmsprop": 1,
    "rprop": 2,
    "schedule_free_adamw": 2,
    "schedule_free_sgd": 1,
    "sgd": 0,
    "sgdm": 1,
    "sgdw": 1,
    "signsgd": 0,
    "yogi": 2,
}
OF_SIDES = {  # README's text for an m x n matrix, floats for a 6 x 4 matrix, floats for 5 biases
    "adafactor": ("(m + n) / mn; rest 1", 6 + 4, 5),
    "muon": ("1; rest 2", 24, 2 * 5),
    "shampoo": ("2 + 2(m² + n²) / mn; rest 1", 2 * 24 + 2 * (36 + 16), 5),
    "soap": ("2 + 2(m² + n²) / mn; rest 2", 2 * 24 + 2 * (36 + 16), 2 * 5),
}
WITH = {
    ("rmsprop", "centered", True): 2,
    ("rmsprop", "momentum", 0.9): 2,
}  # other values than in the YAML file
OF_LIBRARY = {"keras": "depends on the class"}
MATRIX, VECTOR = (6, 4), (5,)


def floats_of(rule, shape, **values):
    """Number of floats in the state of a rule for one parameter, without scalars."""
    state = subject(rule, **values).rule().init([tf.zeros(shape)])
    return sum(int(tf.size(t)) for t in tf.nest.flatten(state) if t.dtype.is_floating and t.shape.rank > 0)


@pytest.mark.parametrize("rule", FLOATS)
def test_the_state_has_the_stated_number_of_floats_per_parameter(rule):
    assert [floats_of(rule, shape) for shape in (MATRIX, VECTOR)] == [24 * FLOATS[rule], 5 * FLOATS[rule]]


@pytest.mark.parametrize("rule", OF_SIDES)
def test_the_state_of_a_matrix_rule_has_the_stated_number_of_floats(rule):
    assert [floats_of(rule, shape) for shape in (MATRIX, VECTOR)] == list(OF_SIDES[rule][1:])


@pytest.mark.parametrize(("rule", "name", "value"), WITH)
def test_an_option_adds_state_only_when_it_is_set(rule, name, value):
    assert floats_of(rule, VECTOR, **{name: value}) == 5 * WITH[rule, name, value]


def test_every_rule_is_in_a_table_of_this_file():
    assert {*FLOATS, *OF_SIDES, *OF_LIBRARY} == set(stems("optimizer"))
