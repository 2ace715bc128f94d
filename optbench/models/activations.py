"""Activation functions that a model's configuration may name, and the layer that applies them.

    dense (width(units)) ──> ActivationLayer ──> (..., units)

Each is applied by a separate layer after the layer that computes its inputs, because ``maxout`` needs several inputs
per output.
"""

from typing import Annotated, Any, Literal, NamedTuple

import keras
import tensorflow as tf

from optbench.config.parameters import NonNegative, Range

Tensor = Any
ActivationName = Literal["relu", "tanh", "sigmoid", "leaky_relu", "maxout", "softmax", "linear"]
OutputActivation = Literal["linear", "softmax", "sigmoid", "tanh"]


class Nonlinearity(NamedTuple):
    """The activation function of the hidden layers, with its parameters.

    ``relu`` max(x, 0); ``leaky_relu`` x if x > 0, else ``slope`` · x (Maas, Hannun and Ng, 2013); ``maxout`` the
    largest of ``pieces`` inputs (Goodfellow et al., 2013); ``softmax`` over the last axis; ``tanh``; ``sigmoid``;
    ``linear``.

    Args:
        activation: one of these.
        slope: slope of ``leaky_relu`` below zero, at least 0.
        pieces: inputs per output of ``maxout``, at least 2.
    """

    activation: ActivationName = "relu"
    slope: Annotated[float, NonNegative] = 0.01
    pieces: Annotated[int, Range(2)] = 2

    def width(self, units: int) -> int:
        """Return the number of inputs for ``units`` outputs."""
        return units * self.pieces if self.activation == "maxout" else units

    def __call__(self, x: Tensor) -> Tensor:
        """Apply it to the last axis: (..., width(units)) -> (..., units)."""
        if self.activation == "leaky_relu":
            return tf.nn.leaky_relu(x, self.slope)
        if self.activation == "maxout":
            return tf.reduce_max(tf.stack(tf.split(x, self.pieces, axis=-1)), axis=0)
        if self.activation == "linear":
            return x
        return getattr(tf.nn, self.activation)(x)

    def layer(self, name: str, dtype: str) -> "ActivationLayer":
        """Return a Keras layer that applies it."""
        return ActivationLayer(self, name=name, dtype=dtype)


class ActivationLayer(keras.layers.Layer):  # type: ignore[misc]
    """Applies an activation function to the outputs of the previous layer. It has no weights."""

    def __init__(self, activation: Nonlinearity, name: str, dtype: str) -> None:
        super().__init__(name=name, dtype=dtype)
        self.activation = activation

    def call(self, inputs: Tensor) -> Tensor:
        """(..., width(units)) -> (..., units)."""
        return self.activation(inputs)
