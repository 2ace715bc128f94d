"""Wide residual network for small images: few blocks with many filters."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.models._layers import Dropout, DropoutRate, Momentum
from optbench.models._normalization import BatchNormalization
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Tensor, Weights, check_image, from_graph


def wide_resnet(
    inputs: Inputs,
    blocks: Annotated[list[int], AtLeastOne] = [1, 1, 1],  # noqa: B006 - read, never written
    filters: Annotated[int, AtLeastOne] = 16,
    widening: Annotated[int, AtLeastOne] = 2,
    dropout: DropoutRate = 0.0,
    momentum: Momentum = 0.9,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(),
) -> Model:
    """A 3x3 convolution, groups of blocks with two pre-normalized convolutions each, the mean, the outputs.

    .. math:: x' = S x + C_2 \\, σ(N_2 \\, C_1 \\, σ(N_1 x))

    S is x itself, or a 1x1 convolution of the activated x if the shape changes. Each group after the first halves the
    image and has twice the filters. With n blocks in each of three groups, the depth is 6 n + 4. The default is
    WRN-10-2, with 303,706 parameters on images of 32x32x3 and ten classes; ``blocks=[4,4,4] widening=10`` is WRN-28-10.

    Args:
        inputs: the data to fit: images.
        blocks: number of residual blocks in each group, each at least 1.
        filters: number of filters of the stem, at least 1.
        widening: k, factor on the number of filters in the groups, at least 1.
        dropout: rate of dropout between the two convolutions of a block, in [0, 1).
        momentum: momentum of the running means and variances of the normalizations, in [0, 1).
        nonlinearity: σ, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images.

    Source: Zagoruyko and Komodakis, "Wide Residual Networks", 2016, table 1 and figure 1 (d).
    """
    check_image(inputs, "wide_resnet")
    dtype = inputs.dtype
    numbers = iter(range(sum(blocks)))

    def convolve(x: Tensor, count: int, size: int, name: str, stride: int = 1) -> Tensor:
        layer = keras.layers.Conv2D(count, size, stride, "same", use_bias=False, name=name, dtype=dtype)
        return layer(x)

    def activate(x: Tensor, name: str) -> Tensor:
        x = BatchNormalization(momentum=momentum, name=f"{name}_norm", dtype=dtype)(x)
        return nonlinearity.layer(f"{name}_activation", dtype)(x)

    def block(x: Tensor, key: Tensor, width: int, stride: int, name: str) -> Tensor:
        active = activate(x, f"{name}_a")
        path = activate(convolve(active, nonlinearity.width(width), 3, f"{name}_a", stride), f"{name}_b")
        path = Dropout(dropout, next(numbers), dtype)([path, key]) if dropout else path
        path = convolve(path, nonlinearity.width(width), 3, f"{name}_b")
        same = tuple(x.shape) == tuple(path.shape)
        skip = x if same else convolve(active, nonlinearity.width(width), 1, f"{name}_skip", stride)
        return keras.layers.Add(name=f"{name}_sum", dtype=dtype)([skip, path])

    def connect(x: Tensor, key: Tensor) -> Tensor:
        x = convolve(x, nonlinearity.width(filters), 3, "stem")
        for group, count in enumerate(blocks):
            for number in range(count):
                stride = 2 if group > 0 and number == 0 else 1
                x = block(x, key, filters * widening * 2**group, stride, f"block_{group}_{number}")
        x = activate(x, "last")
        return output.layer(inputs)(keras.layers.GlobalAveragePooling2D(name="mean", dtype=dtype)(x))

    return from_graph("wide_resnet", connect, inputs, weights, output.output_activation, "convolution")
