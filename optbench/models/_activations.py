"""Activation functions that a model's configuration may name, and the layer that applies one.

    dense (width(units)) ──> Activate ──> (..., units)

Each is applied by a layer of its own, behind the layer that makes its inputs: ``maxout`` needs ``pieces`` times as many
of them as it lets through.
"""

from typing import Annotated, Any, Literal, NamedTuple

import keras
import tensorflow as tf

from optbench.config.parameters import NonNegative, Range

Tensor = Any
ActivationName = Literal["relu", "tanh", "sigmoid", "leaky_relu", "maxout", "softmax", "linear"]
OutputActivation = Literal["linear", "softmax", "sigmoid", "tanh"]
Slope = Annotated[float, NonNegative]
Pieces = Annotated[int, Range(2)]


class Activation(NamedTuple):
    """An activation function with what it needs to know.

    ``relu`` max(x, 0); ``leaky_relu`` x where x > 0, else ``slope`` · x (Maas, Hannun and Ng, 2013); ``maxout`` the
    largest of ``pieces`` inputs (Goodfellow et al., 2013); ``softmax`` over the last axis; ``tanh``; ``sigmoid``;
    ``linear``.
    """

    name: ActivationName
    slope: float  # of leaky_relu
    pieces: int  # of maxout

    def width(self, units: int) -> int:
        """How many inputs make ``units`` outputs."""
        return units * self.pieces if self.name == "maxout" else units

    def __call__(self, x: Tensor) -> Tensor:
        """Apply it to the last axis: (..., width(units)) -> (..., units)."""
        if self.name == "leaky_relu":
            return tf.nn.leaky_relu(x, self.slope)
        if self.name == "maxout":
            return tf.reduce_max(tf.stack(tf.split(x, self.pieces, axis=-1)), axis=0)
        if self.name == "linear":
            return x
        return getattr(tf.nn, self.name)(x)

    def layer(self, name: str, dtype: str) -> "Activate":
        """A Keras layer that applies it."""
        return Activate(self, name=name, dtype=dtype)


class Activate(keras.layers.Layer):  # type: ignore[misc]
    """Applies an activation to what the layer before it made; it has no weights."""

    def __init__(self, activation: Activation, name: str, dtype: str) -> None:
        super().__init__(name=name, dtype=dtype)
        self.activation = activation

    def call(self, inputs: Tensor) -> Tensor:
        """(..., width(units)) -> (..., units)."""
        return self.activation(inputs)
