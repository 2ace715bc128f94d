"""The updates that an optimizer of Keras makes, on its own variables, in float64."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from optbench.lab.certificates.reference import Numbers
from optbench.lab.certificates.streams import Array, Stream

CAST_BY_KERAS = {"beta_1", "beta_2", "adam_beta_1", "adam_beta_2", "epsilon_2", "momentum", "weight_decay"}


def keras_version() -> str:
    """Of the Keras that is compared with."""
    import keras

    return str(keras.__version__)


@contextmanager
def double_precision() -> Iterator[None]:
    """Keras's learning rates and constants in float64, for as long as this lasts; else they are float32."""
    import keras

    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def exact(numbers: Numbers) -> Numbers:
    """Numbers that Keras casts, as NumPy's: plain floats would be rounded to float32 on their way."""
    return {name: np.float64(value) if name in CAST_BY_KERAS else value for name, value in numbers.items()}


@double_precision()
def keras_updates(class_name: str, numbers: Numbers, stream: Stream) -> list[Array]:
    """The updates of a class of ``keras.optimizers``, an array (steps, ...) a parameter.

    Args:
        class_name: of ``keras.optimizers``.
        numbers: its keywords.
        stream: where it starts and what it meets.
    """
    import keras
    import tensorflow as tf

    variables = [keras.Variable(p, dtype="float64") for p in stream.params]
    rule = getattr(keras.optimizers, class_name)(**exact(numbers))
    rule.build(variables)
    step = tf.function(rule.apply, autograph=False)
    history = []
    for grads in stream.grads:
        before = [v.numpy() for v in variables]
        step([tf.constant(g, tf.float64) for g in grads])
        history.append([v.numpy() - b for v, b in zip(variables, before, strict=True)])
    return [np.stack(column) for column in zip(*history, strict=True)]
