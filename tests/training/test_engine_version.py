"""A change of the engine's mathematics changes ``ENGINE_VERSION``, so that results of the old engine are not reused."""

import json

import numpy as np
import pytest
import tensorflow as tf

from optbench.spec.run import ENGINE_VERSION
from optbench.training import compiled, population
from tests.training.golden_curves import FILE, NODES, RULES_OF, curves

GOLDEN = json.loads(FILE.read_text(encoding="utf8"))
TOLERANCE = 2e-5  # relative; early losses differ by up to 1.5e-6 between processors


def largest_difference(kind, rules):
    """Relative to the golden value, over rules and points."""
    found = curves(kind, rules)
    expected = np.array([GOLDEN["curves"][kind][rule] for rule in rules])
    return np.max(np.abs(np.array([found[rule] for rule in rules]) - expected) / np.maximum(np.abs(expected), 1e-2))


def test_the_golden_curves_are_of_this_engine():
    assert GOLDEN["engine_version"] == ENGINE_VERSION, "write them: python -m tests.training.golden_curves"


@pytest.mark.parametrize("kind", NODES)
def test_the_engine_makes_the_golden_curves(kind):
    different = largest_difference(kind, RULES_OF[kind])
    assert different < TOLERANCE, "raise ENGINE_VERSION in optbench/spec/run.py, and write them again"


def test_a_changed_constant_of_the_training_step_shows(monkeypatch):
    right = population.apply_schedule

    def slower(learning_rate, schedule, total_steps):
        """A learning rate that is smaller by a thousandth."""
        rate = right(learning_rate, schedule, total_steps)
        return lambda step: tf.convert_to_tensor(rate(step)) * 0.999

    monkeypatch.setattr(population, "apply_schedule", slower)
    monkeypatch.setattr(compiled, "compilation_cache", lambda: None)  # which knows the engine by its files
    assert largest_difference("dense", ["sgd"]) > TOLERANCE
