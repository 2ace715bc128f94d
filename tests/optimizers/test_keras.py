"""The rules against Keras's, in float32, where the conventions can be made equal."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from optbench.optimizers.adadelta import adadelta
from optbench.optimizers.adagrad import adagrad
from optbench.optimizers.adam import adam
from optbench.optimizers.rmsprop import rmsprop
from optbench.optimizers.sgd import sgd
from optbench.optimizers.sgdm import sgdm
from tests.optimizers.streams import STREAMS

TINY = 1e-12  # an eps too small to show, where Keras puts it elsewhere
PAIRS = {
    "sgd": (sgd(0.1), lambda: keras.optimizers.SGD(0.1)),
    # Keras adds the whole gradient and keeps the learning rate in the buffer
    "sgdm": (sgdm(0.1, b=0.9), lambda: keras.optimizers.SGD(0.1 * (1 - 0.9), momentum=0.9)),
    "adagrad": (
        adagrad(0.1, eps=TINY),
        lambda: keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.0, epsilon=TINY),
    ),
    "rmsprop": (rmsprop(0.001, b=0.9, eps=TINY), lambda: keras.optimizers.RMSprop(0.001, rho=0.9, epsilon=TINY)),
    "adadelta": (
        adadelta(1.0, rho=0.95, eps=1e-5),
        lambda: keras.optimizers.Adadelta(1.0, rho=0.95, epsilon=1e-5),
    ),
    "adam": (adam(0.001, eps=TINY), lambda: keras.optimizers.Adam(0.001, epsilon=TINY)),
}


def keras_updates(optimizer, stream):
    """Its updates: the parameter is put back to zero before each step, so that nothing is lost in a difference."""
    variable = keras.Variable(np.zeros_like(stream[0]), dtype="float32")
    updates = []
    for g in stream:
        variable.assign(tf.zeros_like(variable))
        optimizer.apply([tf.constant(g, tf.float32)], [variable])
        updates.append(variable.numpy())
    return updates


@pytest.mark.parametrize("rule", PAIRS)
def test_the_rule_makes_the_updates_of_keras(rule):
    ours, make_theirs = PAIRS[rule]
    stream = STREAMS["normal"]
    params = [tf.zeros(stream[0].shape)]
    state, theirs = ours.init(params), keras_updates(make_theirs(), stream)
    scale = max(np.abs(u).max() for u in theirs)
    for step, (g, expected) in enumerate(zip(stream, theirs, strict=True)):
        (update,), state = ours.update([tf.constant(g, tf.float32)], state, params)
        difference = np.abs(update.numpy() - expected).max() / scale
        assert difference < 2e-5, f"diverged at step {step}"
