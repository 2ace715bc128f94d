"""ResNet-18 for small images: a 3x3 stem and eight residual blocks."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.models._layers import ConvolutionBlock, Momentum
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Tensor, Weights, check_image, from_graph


def resnet18(
    inputs: Inputs,
    blocks: Annotated[list[int], AtLeastOne] = [2, 2, 2, 2],  # noqa: B006 - read, never written
    filters: Annotated[int, AtLeastOne] = 64,
    momentum: Momentum = 0.99,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(),
) -> Model:
    """A 3x3 convolution, groups of residual blocks of two 3x3 convolutions each, the mean over the image, the outputs.

    Each group after the first halves the image and has twice the filters. Convolutions have no bias; batch
    normalization follows each of them. 11,173,962 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: the data to fit: images.
        blocks: number of residual blocks in each group, each at least 1.
        filters: number of filters of the stem and the first group, at least 1.
        momentum: momentum of the running means and variances of the normalizations, in [0, 1).
        nonlinearity: activation, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2015, table 1; its stem for large images, a 7x7
    convolution and a pooling, is replaced by one 3x3 convolution, as in its section 4.2 on CIFAR-10.
    """
    check_image(inputs, "resnet18")
    dtype = inputs.dtype
    convolution = ConvolutionBlock(nonlinearity, momentum, use_bias=False, dtype=dtype)
    last = output.layer(inputs)

    def connect(x: Tensor, key: Tensor) -> Tensor:
        x = convolution(x, filters, 3, "stem")
        for group, count in enumerate(blocks):
            for number in range(count):
                stride = 2 if group > 0 and number == 0 else 1
                x = residual_block(convolution, x, filters * 2**group, stride, f"block_{group}_{number}")
        return last(keras.layers.GlobalAveragePooling2D(name="mean", dtype=dtype)(x))

    return from_graph("resnet18", connect, inputs, weights, output.output_activation, "convolution")


def residual_block(convolution: ConvolutionBlock, x: Tensor, filters: int, stride: int, name: str) -> Tensor:
    """Add two convolutions to ``x``. A 1x1 convolution changes the shape of ``x`` if necessary."""
    activation, dtype = convolution.activation, convolution.dtype
    width = activation.width(filters)
    path = convolution.normalize(convolution(x, filters, 3, f"{name}_a", stride), width, 3, f"{name}_b")
    skip = x if tuple(x.shape) == tuple(path.shape) else convolution.normalize(x, width, 1, f"{name}_skip", stride)
    total = keras.layers.Add(name=f"{name}_sum", dtype=dtype)([path, skip])
    return activation.layer(f"{name}_activation", dtype)(total)
