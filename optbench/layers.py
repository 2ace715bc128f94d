"""Layers that Keras does not have in the form we need, for networks to be built from.

A network that drops out has two inputs, the examples and a key of random numbers; see :func:`connected`.
"""

from collections.abc import Iterable
from typing import Annotated, Any

import keras
import tensorflow as tf

from optbench.counter import fold, uniform
from optbench.parameters import Range

Tensor = Any
Shape = tuple[int | None, ...]
DropoutRate = Annotated[float, Range(0.0, 1.0)]


class Dropout(keras.layers.Layer):  # type: ignore[misc]
    """Sets each number to zero with probability ``rate`` in training and divides the others by ``1 - rate``.

    The mask is a hash of the key and of where in the batch a number stands. Keras's own layer draws from a state that
    cannot be mapped over lanes.

    Args:
        rate: in [0, 1).
        number: of this layer among the network's dropout layers, from 0; each has masks of its own.
        dtype: of its inputs.

    Source: Srivastava et al., "Dropout", 2014; scaled in training ("inverted"), not in evaluation.
    """

    def __init__(self, rate: float, number: int, dtype: str) -> None:
        super().__init__(name=f"dropout_{number}", dtype=dtype)
        self.rate, self.number = rate, number

    def compute_output_shape(self, input_shape: tuple[Shape, Shape]) -> Shape:
        """The shape of the examples."""
        return input_shape[0]

    def call(self, inputs: tuple[Tensor, Tensor], training: bool = False) -> Tensor:
        """Examples (batch, ...) and a key, uint32 (2,) -> (batch, ...)."""
        x, key = inputs
        if not training or self.rate == 0:
            return x
        kept = uniform(fold(key, self.number), tuple(x.shape)) >= self.rate
        return tf.where(kept, x * (1 / (1 - self.rate)), tf.zeros_like(x))


def connected(layers: Iterable[keras.layers.Layer], x: Tensor, key: Tensor) -> Tensor:
    """Apply ``layers`` to ``x`` one after the other; those that drop out are given ``key`` too."""
    for layer in layers:
        x = layer([x, key]) if isinstance(layer, Dropout) else layer(x)
    return x
