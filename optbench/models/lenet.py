"""LeNet-5: two convolutions and three dense layers."""

import keras

from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, check_image, from_layers

SMALLEST = 16  # width at which two windows of five pixels and two poolings leave one pixel


def lenet(
    inputs: Inputs,
    nonlinearity: Nonlinearity = Nonlinearity(activation="sigmoid"),
    output: Output = Output(),
    weights: Weights = Weights(initializer="glorot_uniform"),
) -> Model:
    """Convolutions of 6 and 16 filters of 5x5 pixels, each with max pooling; dense layers of 120 and 84; the outputs.

    Args:
        inputs: the data to fit: images of at least 16x16 pixels.
        nonlinearity: activation of the hidden layers, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images of at least that size.

    Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, figure 2, as simplified by
    Peking University's TensorFlow 2 course (Cao Jian): the paper has weighted averages for pooling, a second
    convolution that is connected to only some of the maps, a scaled tanh, and radial basis functions at the end.
    """
    check_image(inputs, "lenet", SMALLEST)
    dtype = inputs.dtype
    layers: list[keras.layers.Layer] = []
    for i, filters in enumerate((6, 16)):
        layers += [
            keras.layers.Conv2D(nonlinearity.width(filters), 5, name=f"convolution_{i}", dtype=dtype),
            nonlinearity.layer(f"convolution_{i}_activation", dtype),
            keras.layers.MaxPooling2D(2, name=f"pool_{i}", dtype=dtype),
        ]
    layers.append(keras.layers.Flatten(name="flatten", dtype=dtype))
    for i, width in enumerate((120, 84)):
        layers += [
            keras.layers.Dense(nonlinearity.width(width), name=f"dense_{i}", dtype=dtype),
            nonlinearity.layer(f"dense_{i}_activation", dtype),
        ]
    layers.append(output.layer(inputs))
    return from_layers("lenet", layers, inputs, weights, "convolution")
