"""Inception10: ten layers deep, blocks of four branches side by side."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Range
from optbench.models._layers import ConvolutionBlock, Momentum
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Tensor, Weights, check_image, from_graph


def inception10(
    inputs: Inputs,
    num_blocks: Annotated[int, Range(1, 100, "[]")] = 2,
    filters: Annotated[int, AtLeastOne] = 16,
    momentum: Momentum = 0.99,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(),
) -> Model:
    """A 3x3 convolution, then ``num_blocks`` pairs of inception blocks, the mean over the image, the outputs.

    The first block of a pair halves the image; each pair has twice the filters of the previous one. Batch normalization
    follows every convolution. 120,234 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: the data to fit: images.
        num_blocks: number of pairs of inception blocks, at least 1.
        filters: number of filters of the first convolution and of each branch in the first pair, at least 1.
        momentum: momentum of the running means and variances of the normalizations, in [0, 1).
        nonlinearity: activation after each normalization, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images.

    Source: the InceptionNet of Peking University's TensorFlow 2 course (Cao Jian), after Szegedy et al., "Going deeper
    with convolutions", 2015.
    """
    check_image(inputs, "inception10")
    dtype = inputs.dtype
    convolution = ConvolutionBlock(nonlinearity, momentum, use_bias=True, dtype=dtype)
    last = output.layer(inputs)

    def connect(x: Tensor, key: Tensor) -> Tensor:
        x = convolution(x, filters, 3, "stem")
        for pair in range(num_blocks):
            for number in range(2):
                stride = 2 if number == 0 else 1
                x = inception_block(convolution, x, filters * 2**pair, stride, f"block_{pair}_{number}")
        return last(keras.layers.GlobalAveragePooling2D(name="mean", dtype=dtype)(x))

    return from_graph("inception10", connect, inputs, weights, output.output_activation, "convolution")


def inception_block(convolution: ConvolutionBlock, x: Tensor, filters: int, stride: int, name: str) -> Tensor:
    """Apply four branches to the same image and concatenate their channels: 1x1; 1x1, 3x3; 1x1, 5x5; pooling, 1x1."""
    dtype = convolution.dtype
    pool = keras.layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool", dtype=dtype)
    branches = [
        convolution(x, filters, 1, f"{name}_1x1", stride),
        convolution(convolution(x, filters, 1, f"{name}_before_3x3", stride), filters, 3, f"{name}_3x3"),
        convolution(convolution(x, filters, 1, f"{name}_before_5x5", stride), filters, 5, f"{name}_5x5"),
        convolution(pool(x), filters, 1, f"{name}_after_pool", stride),
    ]
    return keras.layers.Concatenate(name=f"{name}_branches", dtype=dtype)(branches)
