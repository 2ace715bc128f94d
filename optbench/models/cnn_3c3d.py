"""Three convolutions and three dense layers: DeepOBS's network for small photographs."""

import keras

from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, check_image, from_layers

SMALLEST = 9  # width at which two windows with a pooling between them leave one pixel
CONVOLUTIONS = ((64, 5, "valid"), (96, 3, "valid"), (128, 3, "same"))  # filters, window size in pixels, padding


def cnn_3c3d(
    inputs: Inputs,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(initializer="glorot"),
) -> Model:
    """Convolutions of 64, 96 and 128 filters, each with max pooling; dense layers of 512 and 256; the outputs.

    895,210 parameters on images of 32x32x3 and ten classes.

    Args:
        inputs: the data to fit: images of at least 9x9 pixels.
        nonlinearity: activation of the hidden layers, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images of at least that size.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, "3c3d".
    """
    check_image(inputs, "cnn_3c3d", SMALLEST)
    dtype = inputs.dtype
    layers: list[keras.layers.Layer] = []
    for i, (filters, size, padding) in enumerate(CONVOLUTIONS):
        layers += [
            keras.layers.Conv2D(
                nonlinearity.width(filters), size, padding=padding, name=f"convolution_{i}", dtype=dtype
            ),
            nonlinearity.layer(f"convolution_{i}_activation", dtype),
            keras.layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool_{i}", dtype=dtype),
        ]
    layers.append(keras.layers.Flatten(name="flatten", dtype=dtype))
    for i, width in enumerate((512, 256)):
        layers += [
            keras.layers.Dense(nonlinearity.width(width), name=f"dense_{i}", dtype=dtype),
            nonlinearity.layer(f"dense_{i}_activation", dtype),
        ]
    layers.append(output.layer(inputs))
    return from_layers("cnn_3c3d", layers, inputs, weights, "convolution")
