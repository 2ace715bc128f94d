"""Initial weights: each tensor is drawn from a separate random stream, identified by its name.

kernels             drawn by the model's ``initializer``
recurrent kernels   orthogonal
biases              the layer's constant (1 for an LSTM's forget gate, else 0) plus the model's ``bias``
other vectors       the layer's constant: scale 1 and shift 0 of a normalization
"""

from typing import Annotated, Any, Literal, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from optbench.config.parameters import Positive
from optbench.random.streams import stream

Initializer = Literal["he_normal", "glorot_uniform", "glorot", "truncated_normal"]
Shape = tuple[int, ...]
TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal distribution truncated at two standard deviations


class Weights(NamedTuple):
    """How initial weights are drawn.

    Args:
        initializer: initializer of kernels: ``he_normal``, ``glorot_uniform``, ``glorot`` (normal for convolutions,
            uniform for dense layers) or ``truncated_normal``.
        stddev: standard deviation of ``truncated_normal`` before truncation at two of them, > 0.
        bias: added to the initial constant of each bias.
    """

    initializer: Initializer = "he_normal"
    stddev: Annotated[float, Positive] = 0.1
    bias: float = 0.0


def initial_weights(key: str, variable: keras.Variable, weights: Weights) -> NDArray[np.floating[Any]]:
    """The initial value of one parameter tensor, which depends only on ``key``, its name and its shape."""
    shape, dtype = tuple(variable.shape), str(variable.dtype)
    if variable.path.endswith("/bias"):
        return np.asarray(variable.numpy() + weights.bias, dtype)
    if len(shape) < 2:
        return np.asarray(variable.numpy())
    generator = stream("weights", key, variable.path)
    if variable.path.endswith("/recurrent_kernel"):
        return orthogonal(generator, shape).astype(dtype)
    return draw_kernel(generator, shape, weights).astype(dtype)


def draw_kernel(generator: np.random.Generator, shape: Shape, weights: Weights) -> NDArray[np.float64]:
    """Draw a kernel (..., inputs, outputs) by the initializer's name."""
    if weights.initializer == "he_normal":
        return he_normal(generator, shape)
    if weights.initializer == "glorot_uniform":
        return glorot_uniform(generator, shape)
    if weights.initializer == "glorot":  # as in DeepOBS: normal for convolutions, uniform for dense layers
        return glorot_normal(generator, shape) if len(shape) > 2 else glorot_uniform(generator, shape)
    return truncated_normal(generator, shape, weights.stddev)


def he_normal(generator: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    """Normal with standard deviation sqrt(2 / fan_in).

    Source: He et al., "Delving Deep into Rectifiers", 2015, equation 10. Keras's initializer of this name truncates the
    distribution at two standard deviations and widens it to compensate; the paper does not.
    """
    fan_in = int(np.prod(shape[:-1]))
    return generator.normal(0.0, np.sqrt(2.0 / fan_in), shape)


def glorot_uniform(generator: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    """Uniform within ±sqrt(6 / (fan_in + fan_out)); the fans of a convolution count the pixels of its window.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010,
    equation 16.
    """
    limit = np.sqrt(6.0 / fan_sum(shape))
    return generator.uniform(-limit, limit, shape)


def glorot_normal(generator: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    """Normal with standard deviation sqrt(2 / (fan_in + fan_out)), truncated at two of them and rescaled to compensate.

    Source: Glorot and Bengio, 2010, equation 12; truncated and rescaled like Keras's initializer of this name.
    """
    return truncated_normal(generator, shape, np.sqrt(2.0 / fan_sum(shape)) / TRUNCATED_STDDEV)


def fan_sum(shape: Shape) -> int:
    """The sum of fan_in and fan_out: the inputs of an output, and the outputs of an input."""
    window = int(np.prod(shape[:-2]))
    return window * (shape[-2] + shape[-1])


def truncated_normal(generator: np.random.Generator, shape: Shape, stddev: float) -> NDArray[np.float64]:
    """Normal with standard deviation ``stddev``; values beyond two of them are redrawn, as in ``tf.random``."""
    values = generator.normal(0.0, 1.0, shape)
    outside = np.abs(values) > 2
    while outside.any():
        values[outside] = generator.normal(0.0, 1.0, int(outside.sum()))
        outside = np.abs(values) > 2
    return values * stddev


def orthogonal(generator: np.random.Generator, shape: Shape) -> NDArray[np.float64]:
    """A uniformly random matrix with orthonormal rows, at least as wide as high.

    Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2014.
    """
    q, r = np.linalg.qr(generator.normal(size=shape[::-1]))
    return np.asarray((q * np.sign(np.diag(r))).T)  # the signs make the distribution uniform
