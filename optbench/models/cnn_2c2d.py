"""Two convolutions and two dense layers: DeepOBS's network for grey images."""

from typing import Annotated

import keras

from optbench.config.parameters import Positive
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models.base import Initializer, Inputs, Model, Outputs, Weights, check_image, from_layers


def cnn_2c2d(
    inputs: Inputs,
    activation: ActivationName = "relu",
    slope: Slope = 0.01,
    pieces: Pieces = 2,
    output_activation: OutputActivation = "linear",
    outputs: Outputs = None,
    initializer: Initializer = "truncated_normal",
    stddev: Annotated[float, Positive] = 0.05,
    bias: float = 0.05,
) -> Model:
    """Convolutions of 32 and 64 filters of 5x5 pixels, each with max pooling; a dense layer of 1,024; the outputs.

    3,274,634 parameters on images of 28x28x1 and ten classes.

    Args:
        inputs: what to fit: images.
        activation: of the hidden layers, see :class:`optbench.models._activations.Activation`.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, at least 2.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``truncated_normal``, ``he_normal``, ``glorot_uniform`` or ``glorot``.
        stddev: standard deviation of ``truncated_normal`` before it is cut at two of them, > 0.
        bias: the constant at which biases start.

    Raises:
        ConfigError: examples are not images.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, "2c2d"; before
    that TensorFlow's tutorial on MNIST.
    """
    check_image(inputs, "cnn_2c2d")
    dtype, between = inputs.dtype, Activation(activation, slope, pieces)
    layers: list[keras.layers.Layer] = []
    for i, filters in enumerate((32, 64)):
        layers += [
            keras.layers.Conv2D(between.width(filters), 5, padding="same", name=f"convolution_{i}", dtype=dtype),
            between.layer(f"convolution_{i}_activation", dtype),
            keras.layers.MaxPooling2D(2, padding="same", name=f"pool_{i}", dtype=dtype),
        ]
    layers += [
        keras.layers.Flatten(name="flatten", dtype=dtype),
        keras.layers.Dense(between.width(1024), name="dense", dtype=dtype),
        between.layer("dense_activation", dtype),
        keras.layers.Dense(outputs or inputs.outputs, activation=output_activation, name="output", dtype=dtype),
    ]
    return from_layers("cnn_2c2d", layers, inputs, Weights(initializer, stddev, bias), "convolution")
