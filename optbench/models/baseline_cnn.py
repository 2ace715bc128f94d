"""A small convolutional network: one convolution, one hidden dense layer."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.models._layers import ConvolutionBlock, Dropout, DropoutRate, Momentum, connect_layers
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Tensor, Weights, check_image, from_graph


def baseline_cnn(
    inputs: Inputs,
    filters: Annotated[int, AtLeastOne] = 6,
    size: Annotated[int, AtLeastOne] = 5,
    hidden: Annotated[int, AtLeastOne] = 128,
    dropout: DropoutRate = 0.2,
    momentum: Momentum = 0.99,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(),
) -> Model:
    """Convolution, batch normalization, activation, max pooling, dropout; dense, dropout; the outputs.

    198,494 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: the data to fit: images.
        filters: number of filters of the convolution, at least 1.
        size: size of its window in pixels, at least 1.
        hidden: width of the dense layer, at least 1.
        dropout: rate of dropout after pooling and after the dense layer, in [0, 1).
        momentum: momentum of the running mean and variance of the normalization, in [0, 1).
        nonlinearity: activation of both hidden layers, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images.

    Source: the baseline of Peking University's TensorFlow 2 course (Cao Jian).
    """
    check_image(inputs, "baseline_cnn")
    dtype = inputs.dtype
    block = ConvolutionBlock(nonlinearity, momentum, use_bias=True, dtype=dtype)
    after = [
        keras.layers.MaxPooling2D(2, padding="same", name="pool", dtype=dtype),
        Dropout(dropout, 0, dtype),
        keras.layers.Flatten(name="flatten", dtype=dtype),
        keras.layers.Dense(nonlinearity.width(hidden), name="dense", dtype=dtype),
        nonlinearity.layer("dense_activation", dtype),
        Dropout(dropout, 1, dtype),
        output.layer(inputs),
    ]

    def connect(x: Tensor, key: Tensor) -> Tensor:
        return connect_layers(after, block(x, filters, size, "convolution"), key)

    return from_graph("baseline_cnn", connect, inputs, weights, output.output_activation, "convolution")
