"""Keras models that tests name by a dotted path, as a user's functions are named."""

import keras
import numpy as np

from optbench.models.base import Inputs, NamedInput
from optbench.models.keras import from_keras

L = keras.layers
VECTOR = Inputs((6,), 3, "float32", classes=3)
SEQUENCE = Inputs((5, 4), 3, "float32", classes=3)
IMAGE = Inputs((8, 8, 1), 3, "float32", classes=3)
IDS = Inputs((7,), 3, "float32", classes=3, named=(NamedInput("x", (7,), "int32"),))
TWO = Inputs(
    (4,), 3, "float32", classes=3, named=(NamedInput("left", (4,), "float32"), NamedInput("right", (2,), "float32"))
)
SYMBOLS = 11


def dense(input_shape, outputs, units=8):
    return keras.Sequential(
        [keras.Input(input_shape), L.Flatten(), L.Dense(units, activation="relu"), L.Dense(outputs)]
    )


def row(*layers):
    """A function that returns these layers in a row."""
    return lambda: keras.Sequential(list(layers))


def two_inputs():
    right, left = keras.Input((2,), name="right"), keras.Input((4,), name="left")
    joined = L.Concatenate()([L.Dense(5, activation="tanh")(left), right])
    return keras.Model([right, left], L.Dense(3)(joined))


def transformer():
    x = keras.Input((7,), dtype="int32")
    h = L.Embedding(SYMBOLS, 8)(x)
    h = L.LayerNormalization()(h + L.MultiHeadAttention(2, 4, dropout=0.3)(h, h))
    return keras.Model(x, L.Dense(3)(L.GlobalAveragePooling1D()(L.Dropout(0.2)(h))))


class Subclassed(keras.Model):
    """A model whose layers know whether they train by Keras's call context alone."""

    def __init__(self):
        super().__init__()
        self.hidden, self.drop, self.last = L.Dense(8, activation="relu"), L.Dropout(0.5), L.Dense(3)

    def call(self, x):
        return self.last(self.drop(self.hidden(x)))


def batch(inputs, examples=6, seed=0):
    """Inputs of a batch, as a model is given them."""
    generator = np.random.default_rng(seed)

    def array(of):
        if of.dtype == "int32":
            return generator.integers(0, SYMBOLS, (examples, *of.shape), np.int32)
        return generator.normal(size=(examples, *of.shape)).astype(of.dtype)

    arrays = {of.name: array(of) for of in inputs.arrays}
    return arrays if len(arrays) > 1 else next(iter(arrays.values()))


def built(build, inputs=VECTOR, **options):
    """The model and its values for one seed, as tensors."""
    model = from_keras(build, inputs, **options)
    return model, *model.init("seed 0")
