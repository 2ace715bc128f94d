"""The updates of a Keras optimizer on its own variables, in float64."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from optbench.lab.streams import Array, Stream
from optbench.lab.trajectories import Updates, stack_steps, to_tensors
from optbench.spec.about import Numbers

CAST_BY_KERAS = {
    *("beta_1", "beta_2", "adam_beta_1", "adam_beta_2", "epsilon_2", "momentum", "weight_decay"),
    "initial_accumulator_value",
}


def keras_version() -> str:
    """The version of the installed Keras."""
    import keras

    return str(keras.__version__)


@contextmanager
def double_precision() -> Iterator[None]:
    """Keras's learning rates and constants in float64 inside the context; by default, they are float32."""
    import keras

    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def exact(numbers: Numbers) -> Numbers:
    """Numbers that Keras casts, as NumPy numbers: Keras would round Python floats to float32."""
    return {name: np.float64(value) if name in CAST_BY_KERAS else value for name, value in numbers.items()}


def keras_updates(class_name: str, numbers: Numbers, stream: Stream) -> Updates:
    """The updates of a class of ``keras.optimizers``.

    Args:
        class_name: the name of the class in ``keras.optimizers``.
        numbers: its keyword arguments.
        stream: initial parameters and gradients.
    """
    with double_precision():
        return stack_steps(run_keras(class_name, numbers, stream))


def run_keras(class_name: str, numbers: Numbers, stream: Stream) -> Iterator[list[Array]]:
    """The updates step by step: the change of the optimizer's variables in each step."""
    import keras
    import tensorflow as tf

    variables = [keras.Variable(p, dtype="float64") for p in stream.params]
    optimizer = getattr(keras.optimizers, class_name)(**exact(numbers))
    optimizer.build(variables)
    step = tf.function(optimizer.apply, autograph=False)
    for grads in stream.grads:
        before = [v.numpy() for v in variables]
        step(to_tensors(grads, "float64"))
        yield [v.numpy() - b for v, b in zip(variables, before, strict=True)]
