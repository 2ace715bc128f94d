"""Inception10: ten layers deep, blocks of four branches side by side."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Positive
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models._layers import Momentum, NormedConvolution
from optbench.models.base import Initializer, Inputs, Model, Outputs, Tensor, Weights, check_image, from_graph


def inception10(
    inputs: Inputs,
    num_blocks: Annotated[int, AtLeastOne] = 2,
    filters: Annotated[int, AtLeastOne] = 16,
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
    """A 3x3 convolution, then ``num_blocks`` pairs of inception blocks, the mean over the image, the outputs.

    The first block of a pair halves the image; each pair has twice the filters of the one before. Batch normalisation
    follows every convolution. 120,234 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: what to fit: images.
        num_blocks: pairs of inception blocks, at least 1.
        filters: of the first convolution and of each branch in the first pair, at least 1.
        momentum: of the running means and variances of the normalisations, in [0, 1).
        activation: after each normalisation, see :class:`optbench.models._activations.Activation`.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, at least 2.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``he_normal``, ``glorot_uniform``, ``glorot`` or ``truncated_normal``.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start.

    Raises:
        ConfigError: examples are not images.

    Source: the InceptionNet of Peking University's TensorFlow 2 course (Cao Jian), after Szegedy et al., "Going deeper
    with convolutions", 2015.
    """
    check_image(inputs, "inception10")
    dtype = inputs.dtype
    convolution = NormedConvolution(Activation(activation, slope, pieces), momentum, use_bias=True, dtype=dtype)
    last = keras.layers.Dense(outputs or inputs.outputs, activation=output_activation, name="output", dtype=dtype)

    def connect(x: Tensor, key: Tensor) -> Tensor:
        x = convolution(x, filters, 3, "stem")
        for pair in range(num_blocks):
            for number in range(2):
                stride = 2 if number == 0 else 1
                x = inception(convolution, x, filters * 2**pair, stride, f"block_{pair}_{number}")
        return last(keras.layers.GlobalAveragePooling2D(name="mean", dtype=dtype)(x))

    weights = Weights(initializer, stddev, bias)
    return from_graph("inception10", connect, inputs, weights, output_activation, "convolution")


def inception(convolution: NormedConvolution, x: Tensor, filters: int, stride: int, name: str) -> Tensor:
    """Four branches over the same image, their channels side by side: 1x1; 1x1, 3x3; 1x1, 5x5; pooling, 1x1."""
    dtype = convolution.dtype
    pool = keras.layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool", dtype=dtype)
    branches = [
        convolution(x, filters, 1, f"{name}_1x1", stride),
        convolution(convolution(x, filters, 1, f"{name}_before_3x3", stride), filters, 3, f"{name}_3x3"),
        convolution(convolution(x, filters, 1, f"{name}_before_5x5", stride), filters, 5, f"{name}_5x5"),
        convolution(pool(x), filters, 1, f"{name}_after_pool", stride),
    ]
    return keras.layers.Concatenate(name=f"{name}_branches", dtype=dtype)(branches)
