"""ResNet-18 for small images: a 3x3 stem and eight residual blocks."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Positive
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models._layers import Momentum, NormedConvolution
from optbench.models.base import Initializer, Inputs, Model, Outputs, Tensor, Weights, check_image, from_graph


def resnet18(
    inputs: Inputs,
    blocks: Annotated[list[int], AtLeastOne] = [2, 2, 2, 2],  # noqa: B006 - read, never written
    filters: Annotated[int, AtLeastOne] = 64,
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
    """A 3x3 convolution, groups of residual blocks of two 3x3 convolutions each, the mean over the image, the outputs.

    Each group after the first halves the image and has twice the filters. Convolutions have no bias; batch
    normalisation follows each of them. 11,173,962 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: what to fit: images.
        blocks: residual blocks in each group, each at least 1.
        filters: of the stem and the first group, at least 1.
        momentum: of the running means and variances of the normalisations, in [0, 1).
        activation: see :class:`optbench.models._activations.Activation`.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, at least 2.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``he_normal``, ``glorot_uniform``, ``glorot`` or ``truncated_normal``.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start.

    Raises:
        ConfigError: examples are not images.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2015, table 1; its stem of 7x7 and a pooling,
    made for large images, is one convolution of 3x3 here, as in its section 4.2 on CIFAR-10.
    """
    check_image(inputs, "resnet18")
    dtype = inputs.dtype
    convolution = NormedConvolution(Activation(activation, slope, pieces), momentum, use_bias=False, dtype=dtype)
    last = keras.layers.Dense(outputs or inputs.outputs, activation=output_activation, name="output", dtype=dtype)

    def connect(x: Tensor, key: Tensor) -> Tensor:
        x = convolution(x, filters, 3, "stem")
        for group, count in enumerate(blocks):
            for number in range(count):
                stride = 2 if group > 0 and number == 0 else 1
                x = residual(convolution, x, filters * 2**group, stride, f"block_{group}_{number}")
        return last(keras.layers.GlobalAveragePooling2D(name="mean", dtype=dtype)(x))

    weights = Weights(initializer, stddev, bias)
    return from_graph("resnet18", connect, inputs, weights, output_activation, "convolution")


def residual(convolution: NormedConvolution, x: Tensor, filters: int, stride: int, name: str) -> Tensor:
    """Two convolutions, added to ``x``, which a 1x1 convolution brings to their shape where it has another."""
    activation, dtype = convolution.activation, convolution.dtype
    width = activation.width(filters)
    path = convolution.normed(convolution(x, filters, 3, f"{name}_a", stride), width, 3, f"{name}_b")
    skip = x if tuple(x.shape) == tuple(path.shape) else convolution.normed(x, width, 1, f"{name}_skip", stride)
    total = keras.layers.Add(name=f"{name}_sum", dtype=dtype)([path, skip])
    return activation.layer(f"{name}_activation", dtype)(total)
