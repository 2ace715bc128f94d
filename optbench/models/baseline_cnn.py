"""A small convolutional network: one convolution, one hidden dense layer."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Positive
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models._layers import Dropout, DropoutRate, Momentum, NormedConvolution, connected
from optbench.models.base import Initializer, Inputs, Model, Outputs, Tensor, Weights, check_image, from_graph


def baseline_cnn(
    inputs: Inputs,
    filters: Annotated[int, AtLeastOne] = 6,
    size: Annotated[int, AtLeastOne] = 5,
    hidden: Annotated[int, AtLeastOne] = 128,
    dropout: DropoutRate = 0.2,
    momentum: Momentum = 0.99,
    activation: ActivationName = "relu",
    slope: Slope = 0.01,
    pieces: Pieces = 2,
    output_activation: OutputActivation = "linear",
    outputs: Outputs = None,
    initializer: Initializer = "he_normal",
    stddev: Annotated[float, Positive] = 0.1,
    bias: float = 0.0,
) -> Model:
    """Convolution, batch normalisation, activation, max pooling, dropout; dense, dropout; the outputs.

    198,494 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: what to fit: images.
        filters: of the convolution, at least 1.
        size: of its window, in pixels, at least 1.
        hidden: width of the dense layer, at least 1.
        dropout: the share of numbers dropped after pooling and after the dense layer, in [0, 1).
        momentum: of the running mean and variance of the normalisation, in [0, 1).
        activation: of both hidden layers, see :class:`optbench.models._activations.Activation`.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, at least 2.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``he_normal``, ``glorot_uniform``, ``glorot`` or ``truncated_normal``.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start.

    Raises:
        ConfigError: examples are not images.

    Source: the baseline of Peking University's TensorFlow 2 course (Cao Jian).
    """
    check_image(inputs, "baseline_cnn")
    dtype, between = inputs.dtype, Activation(activation, slope, pieces)
    block = NormedConvolution(between, momentum, use_bias=True, dtype=dtype)
    after = [
        keras.layers.MaxPooling2D(2, padding="same", name="pool", dtype=dtype),
        Dropout(dropout, 0, dtype),
        keras.layers.Flatten(name="flatten", dtype=dtype),
        keras.layers.Dense(between.width(hidden), name="dense", dtype=dtype),
        between.layer("dense_activation", dtype),
        Dropout(dropout, 1, dtype),
        keras.layers.Dense(outputs or inputs.outputs, activation=output_activation, name="output", dtype=dtype),
    ]

    def connect(x: Tensor, key: Tensor) -> Tensor:
        return connected(after, block(x, filters, size, "convolution"), key)

    weights = Weights(initializer, stddev, bias)
    return from_graph("baseline_cnn", connect, inputs, weights, output_activation, "convolution")
