"""Three convolutions and three dense layers: DeepOBS's network for small photographs."""

from typing import Annotated

import keras

from optbench.config.parameters import Positive
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models.base import Initializer, Inputs, Model, Outputs, Weights, check_image, from_layers

SMALLEST = 9  # pixels a side of which two windows and a pooling between them leave one
CONVOLUTIONS = ((64, 5, "valid"), (96, 3, "valid"), (128, 3, "same"))  # filters, pixels of the window, padding


def cnn_3c3d(
    inputs: Inputs,
    activation: ActivationName = "relu",
    slope: Slope = 0.01,
    pieces: Pieces = 2,
    output_activation: OutputActivation = "linear",
    outputs: Outputs = None,
    initializer: Initializer = "glorot",
    stddev: Annotated[float, Positive] = 0.1,
    bias: float = 0.0,
) -> Model:
    """Convolutions of 64, 96 and 128 filters, each with max pooling; dense layers of 512 and 256; the outputs.

    895,210 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: what to fit: images of at least 9x9 pixels.
        activation: of the hidden layers, see :class:`optbench.models._activations.Activation`.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, at least 2.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``glorot`` (normal for convolutions, uniform for dense layers), ``glorot_uniform``, ``he_normal``
            or ``truncated_normal``.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start.

    Raises:
        ConfigError: examples are not images of that size.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, "3c3d".
    """
    check_image(inputs, "cnn_3c3d", SMALLEST)
    dtype, between = inputs.dtype, Activation(activation, slope, pieces)
    layers: list[keras.layers.Layer] = []
    for i, (filters, size, padding) in enumerate(CONVOLUTIONS):
        layers += [
            keras.layers.Conv2D(between.width(filters), size, padding=padding, name=f"convolution_{i}", dtype=dtype),
            between.layer(f"convolution_{i}_activation", dtype),
            keras.layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool_{i}", dtype=dtype),
        ]
    layers.append(keras.layers.Flatten(name="flatten", dtype=dtype))
    for i, width in enumerate((512, 256)):
        layers += [
            keras.layers.Dense(between.width(width), name=f"dense_{i}", dtype=dtype),
            between.layer(f"dense_{i}_activation", dtype),
        ]
    size = outputs or inputs.outputs
    layers.append(keras.layers.Dense(size, activation=output_activation, name="output", dtype=dtype))
    return from_layers("cnn_3c3d", layers, inputs, Weights(initializer, stddev, bias), "convolution")
