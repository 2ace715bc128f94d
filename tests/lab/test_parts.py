"""Wrappers and schedules in the form of rules."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.config.build import make
from optbench.errors import ConfigError
from optbench.lab.parts import STEPS, known_parts
from optbench.lab.rules import rule_node, select_rules
from tests.conftest import raw_node, stems

PARAMS = [tf.constant([1.0, -2.0]), tf.constant([[0.5]])]


def test_every_wrapper_and_schedule_of_ours_is_one():
    own = {*(f"wrapper/{name}" for name in stems("wrapper")), *(f"schedule/{name}" for name in stems("schedule"))}
    assert set(known_parts()) == own - {"schedule/constant", "schedule/keras"}
    assert set(select_rules([], known_parts())) >= {"adam", "wrapper/ema", "schedule/step"}


def test_an_unknown_part_is_one_line_with_those_that_exist():
    with pytest.raises(ConfigError, match="wrapper/ema"):
        rule_node("wrapper/emma")


@pytest.mark.parametrize("part", [part for part in known_parts() if part.startswith("schedule/")])
def test_the_updates_follow_the_schedule(part):
    rule, schedule = make(rule_node(part)), make(raw_node("schedule", part.removeprefix("schedule/")))
    state, rates = rule.init(PARAMS), []
    for _ in range(5):
        updates, state = rule.update(PARAMS, state, PARAMS)
        rates.append(-float(updates[0][0]))
    expected = [0.1 * float(schedule(tf.constant(step), STEPS)) for step in range(5)]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


def test_a_wrapper_stands_around_momentum():
    rule = make(rule_node("wrapper/clip_by_value"))
    updates, _ = rule.update(PARAMS, rule.init(PARAMS), PARAMS)
    np.testing.assert_allclose(updates[0], [-0.01, 0.01], rtol=1e-6)
