"""Layers that Keras does not have in the form we need, and the block that convolutional networks repeat.

Dropout           on our own random numbers: a network has two inputs, the examples and a key; see connected()
OneHot            ids to vectors
NormedConvolution convolution, batch normalisation, activation
"""

from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import keras
import tensorflow as tf

from optbench.config.parameters import Range
from optbench.models._activations import Activation
from optbench.models._normalization import BatchNormalization
from optbench.random.counter import bernoulli, fold

Tensor = Any
Shape = tuple[int | None, ...]
DropoutRate = Annotated[float, Range(0.0, 1.0)]
Momentum = Annotated[float, Range(0.0, 1.0)]


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
        dropped = bernoulli(fold(key, self.number), tuple(x.shape), self.rate)
        return tf.where(dropped, tf.zeros_like(x), x * (1 / (1 - self.rate)))


class OneHot(keras.layers.Layer):  # type: ignore[misc]
    """Turns each id into a vector with a one in its place: integers (...) -> (..., symbols)."""

    def __init__(self, symbols: int, name: str, dtype: str) -> None:
        super().__init__(name=name, dtype=dtype)
        self.symbols = symbols

    def call(self, inputs: Tensor) -> Tensor:
        """(...) -> (..., symbols)."""
        return tf.one_hot(inputs, self.symbols, dtype=self.compute_dtype)


class NormedConvolution(NamedTuple):
    """Convolution, batch normalisation, activation, on images (batch, height, width, channels), padded to their size.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015; the constant under the root is Keras's, 0.001.
    """

    activation: Activation
    momentum: float  # of the running mean and variance: new = momentum · old + (1 - momentum) · of the batch
    use_bias: bool
    dtype: str

    def __call__(self, x: Tensor, filters: int, size: int, name: str, stride: int = 1) -> Tensor:
        """``filters`` windows of ``size`` x ``size`` pixels, ``stride`` apart, activated."""
        x = self.normed(x, self.activation.width(filters), size, name, stride)
        return self.activation.layer(f"{name}_activation", self.dtype)(x)

    def normed(self, x: Tensor, filters: int, size: int, name: str, stride: int = 1) -> Tensor:
        """The same without the activation."""
        convolution = keras.layers.Conv2D(
            filters, size, stride, padding="same", use_bias=self.use_bias, name=name, dtype=self.dtype
        )
        norm = BatchNormalization(momentum=self.momentum, name=f"{name}_norm", dtype=self.dtype)
        return norm(convolution(x))


def connected(layers: Iterable[keras.layers.Layer], x: Tensor, key: Tensor) -> Tensor:
    """Apply ``layers`` to ``x`` one after the other; those that drop out are given ``key`` too."""
    for layer in layers:
        x = layer([x, key]) if isinstance(layer, Dropout) else layer(x)
    return x
