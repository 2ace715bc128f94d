"""Layers that Keras does not have in the required form, and the block of convolutional networks.

Dropout           with counter-based random numbers: a network has two inputs, the examples and a key
NormalSample      a number drawn from each of many normal distributions
OneHot            ids to vectors
ConvolutionBlock  convolution, batch normalization, activation
"""

from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import keras
import tensorflow as tf

from optbench.config.parameters import Range
from optbench.models._normalization import BatchNormalization
from optbench.models.activations import Nonlinearity
from optbench.random.counter import bernoulli, fold, normal_rows

Tensor = Any
Shape = tuple[int | None, ...]
DropoutRate = Annotated[float, Range(0.0, 1.0)]
Momentum = Annotated[float, Range(0.0, 1.0)]


class Dropout(keras.layers.Layer):  # type: ignore[misc]
    """Sets each number to zero with probability ``rate`` in training, and divides the others by ``1 - rate``.

    The mask is a hash of the key and of a number's position in the batch. Keras's own layer uses a state that cannot be
    vectorized over lanes.

    Args:
        rate: in [0, 1).
        number: index of this layer among the network's dropout layers, from 0; each has separate masks.
        dtype: dtype of the inputs.

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


class NormalSample(keras.layers.Layer):  # type: ignore[misc]
    """Samples from normal distributions: means and log variances (batch, numbers) -> (batch, numbers).

    .. math:: z = μ + ε \\exp(s / 2), \\quad ε \\sim N(0, 1)

    It also samples in evaluation. An example's ε depends on its position among those evaluated together and is the same
    each time.

    Args:
        number: index of this layer among the network's sampling layers; each has separate random numbers.
        dtype: dtype of the inputs.

    Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2013, section 2.4.
    """

    def __init__(self, number: int, dtype: str) -> None:
        super().__init__(name=f"sample_{number}", dtype=dtype)
        self.number = number

    def compute_output_shape(self, input_shape: tuple[Shape, Shape, Shape]) -> Shape:
        """The shape of the means."""
        return input_shape[0]

    def call(self, inputs: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Means, log variances and a key, uint32 (2,) -> one sample per distribution."""
        mean, log_variance, key = inputs
        rows, columns = mean.shape
        drawn_in = tf.float32 if mean.dtype == tf.bfloat16 else mean.dtype  # some would be infinite in bfloat16
        noise = tf.cast(normal_rows(fold(key, self.number), rows, columns, drawn_in), mean.dtype)
        return mean + noise * tf.exp(log_variance / 2)


DRAWING = (Dropout, NormalSample)


class OneHot(keras.layers.Layer):  # type: ignore[misc]
    """Converts each id to a one-hot vector: integers (...) -> (..., symbols)."""

    def __init__(self, symbols: int, name: str, dtype: str) -> None:
        super().__init__(name=name, dtype=dtype)
        self.symbols = symbols

    def call(self, inputs: Tensor) -> Tensor:
        """(...) -> (..., symbols)."""
        return tf.one_hot(inputs, self.symbols, dtype=self.compute_dtype)


class ConvolutionBlock(NamedTuple):
    """Convolution, batch normalization and activation on images (batch, height, width, channels), with same padding.

    Source: Ioffe and Szegedy, "Batch Normalization", 2015; the constant under the root is Keras's, 0.001.
    """

    activation: Nonlinearity
    momentum: float  # of the running mean and variance: new = momentum · old + (1 - momentum) · batch statistic
    use_bias: bool
    dtype: str

    def __call__(self, x: Tensor, filters: int, size: int, name: str, stride: int = 1) -> Tensor:
        """Apply ``filters`` filters of ``size`` x ``size`` pixels with a given stride, and the activation function."""
        x = self.normalize(x, self.activation.width(filters), size, name, stride)
        return self.activation.layer(f"{name}_activation", self.dtype)(x)

    def normalize(self, x: Tensor, filters: int, size: int, name: str, stride: int = 1) -> Tensor:
        """Do the same without the activation function."""
        convolution = keras.layers.Conv2D(
            filters, size, stride, padding="same", use_bias=self.use_bias, name=name, dtype=self.dtype
        )
        norm = BatchNormalization(momentum=self.momentum, name=f"{name}_norm", dtype=self.dtype)
        return norm(convolution(x))


def connect_layers(layers: Iterable[keras.layers.Layer], x: Tensor, key: Tensor) -> Tensor:
    """Apply ``layers`` to ``x`` in sequence. Dropout layers also receive ``key``."""
    for layer in layers:
        x = layer([x, key]) if isinstance(layer, Dropout) else layer(x)
    return x
