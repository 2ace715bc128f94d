"""LeNet-5: two convolutions and three dense layers."""

from typing import Annotated

import keras

from optbench.config.parameters import Positive
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models.base import Initializer, Inputs, Model, Outputs, Weights, check_image, from_layers

SMALLEST = 16  # pixels a side of which two windows of five and two poolings leave one


def lenet(
    inputs: Inputs,
    activation: ActivationName = "sigmoid",
    slope: Slope = 0.01,
    pieces: Pieces = 2,
    output_activation: OutputActivation = "linear",
    outputs: Outputs = None,
    initializer: Initializer = "glorot_uniform",
    stddev: Annotated[float, Positive] = 0.1,
    bias: float = 0.0,
) -> Model:
    """Convolutions of 6 and 16 filters of 5x5 pixels, each with max pooling; dense layers of 120 and 84; the outputs.

    Args:
        inputs: what to fit: images of at least 16x16 pixels.
        activation: of the hidden layers, see :class:`optbench.models._activations.Activation`.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, at least 2.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``glorot_uniform``, ``glorot``, ``he_normal`` or ``truncated_normal``.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start.

    Raises:
        ConfigError: examples are not images of that size.

    Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, figure 2, as Peking
    University's TensorFlow 2 course (Cao Jian) simplifies it: the paper has averages with weights for pooling, a
    second convolution that looks at some of the maps only, a scaled tanh, and radial basis functions at the end.
    """
    check_image(inputs, "lenet", SMALLEST)
    dtype, between = inputs.dtype, Activation(activation, slope, pieces)
    layers: list[keras.layers.Layer] = []
    for i, filters in enumerate((6, 16)):
        layers += [
            keras.layers.Conv2D(between.width(filters), 5, name=f"convolution_{i}", dtype=dtype),
            between.layer(f"convolution_{i}_activation", dtype),
            keras.layers.MaxPooling2D(2, name=f"pool_{i}", dtype=dtype),
        ]
    layers.append(keras.layers.Flatten(name="flatten", dtype=dtype))
    for i, width in enumerate((120, 84)):
        layers += [
            keras.layers.Dense(between.width(width), name=f"dense_{i}", dtype=dtype),
            between.layer(f"dense_{i}_activation", dtype),
        ]
    size = outputs or inputs.outputs
    layers.append(keras.layers.Dense(size, activation=output_activation, name="output", dtype=dtype))
    return from_layers("lenet", layers, inputs, Weights(initializer, stddev, bias), "convolution")
