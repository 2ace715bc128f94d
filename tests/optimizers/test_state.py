"""Size of the state of each rule, in floats per parameter, as the rule declares it for the table."""

import pytest
import tensorflow as tf

from optbench.lab.rules import about_rule, known_rules
from optbench.spec.about import MatrixFloats
from tests.optimizers.examination import subject

WITH = {
    ("rmsprop", "centered", True): 2,
    ("rmsprop", "momentum", 0.9): 2,
}  # other values than in the YAML file
MATRIX, VECTOR = (6, 4), (5,)


def floats_of(rule, shape, **values):
    """Number of floats in the state of a rule for one parameter, without scalars."""
    state = subject(rule, **values).rule().init([tf.zeros(shape)])
    return sum(int(tf.size(t)) for t in tf.nest.flatten(state) if t.dtype.is_floating and t.shape.rank > 0)


@pytest.mark.parametrize("rule", known_rules())
def test_the_state_has_the_declared_number_of_floats(rule):
    floats = about_rule(rule).floats
    if not isinstance(floats, MatrixFloats):
        floats = MatrixFloats(rest=floats, per_element=floats)
    assert [floats_of(rule, MATRIX), floats_of(rule, VECTOR)] == [floats.of_weight(*MATRIX), 5 * floats.rest]


@pytest.mark.parametrize(("rule", "name", "value"), WITH)
def test_an_option_adds_state_only_when_it_is_set(rule, name, value):
    assert floats_of(rule, VECTOR, **{name: value}) == 5 * WITH[rule, name, value]
