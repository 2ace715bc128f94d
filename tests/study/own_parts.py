"""Valid and invalid user rules, schedules, wrappers and regularizers, which tests name by dotted paths."""

import keras
import numpy as np
import tensorflow as tf

from optbench.optimizers.base import LearningRate, Optimizer, apply_equations, first_step, value_at
from optbench.regularizers.base import Regularizer


def rule(learning_rate: LearningRate = 0.1):
    def update(grads, state, params):
        (updates,) = apply_equations(lambda g: (-value_at(learning_rate, state) * g,), grads, params)
        return updates, state + 1

    return Optimizer(lambda params: first_step(), update)


def factor(half: float = 0.5):
    return lambda step, total_steps: half ** tf.cast(step, tf.float32)


def wrapper(scale: float = 2.0):
    def wrap(inner):
        def update(grads, state, params, **extra):
            return inner.update([scale * g for g in grads], state, params, **extra)

        return inner._replace(update=update)

    return wrap


def regularizer(strength: float = 0.1):
    return Regularizer(lambda params: strength * tf.add_n([tf.reduce_sum(tf.abs(p)) for p in params]))


def step_with_tape(model, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    return tape.gradient(loss, model.trainable_variables)


def returns_none(learning_rate: float = 0.1):
    return None


def returns_function(learning_rate: float = 0.1):
    return lambda grads, state, params: (grads, state)


def returns_pair(learning_rate: float = 0.1):
    return (lambda params: 0, lambda grads, state, params: (grads, state))


def returns_keras_optimizer(learning_rate: float = 0.1):
    return keras.optimizers.SGD(learning_rate)


def raises():
    raise KeyError("momentum")


def factor_of_none():
    return lambda step, total_steps: None


def factor_of_vector():
    return lambda step, total_steps: tf.ones([3])


def factor_of_nan():
    return lambda step, total_steps: np.nan


def factor_of_step():
    return lambda step: 1.0


def plain_factor(step=None):
    return 0.5


def wraps_nothing():
    return lambda inner: None


def wraps_badly():
    return lambda inner: inner._replace(updates=1)


def penalty_function():
    return lambda params: tf.add_n([tf.reduce_sum(p) for p in params])


def penalty_vector():
    return Regularizer(lambda params: params[0])


def penalty_raises():
    return Regularizer(lambda params: params[7])
