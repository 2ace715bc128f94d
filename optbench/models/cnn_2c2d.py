"""Two convolutions and two dense layers: DeepOBS's network for gray images."""

import keras

from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, check_image, from_layers


def cnn_2c2d(
    inputs: Inputs,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(initializer="truncated_normal", stddev=0.05, bias=0.05),
) -> Model:
    """Convolutions of 32 and 64 filters of 5x5 pixels, each with max pooling; a dense layer of 1,024; the outputs.

    3,274,634 parameters on images of 28x28x1 and ten classes.

    Args:
        inputs: the data to fit: images.
        nonlinearity: activation of the hidden layers, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, "2c2d"; before
    that TensorFlow's tutorial on MNIST.
    """
    check_image(inputs, "cnn_2c2d")
    dtype = inputs.dtype
    layers: list[keras.layers.Layer] = []
    for i, filters in enumerate((32, 64)):
        layers += [
            keras.layers.Conv2D(nonlinearity.width(filters), 5, padding="same", name=f"convolution_{i}", dtype=dtype),
            nonlinearity.layer(f"convolution_{i}_activation", dtype),
            keras.layers.MaxPooling2D(2, padding="same", name=f"pool_{i}", dtype=dtype),
        ]
    layers += [
        keras.layers.Flatten(name="flatten", dtype=dtype),
        keras.layers.Dense(nonlinearity.width(1024), name="dense", dtype=dtype),
        nonlinearity.layer("dense_activation", dtype),
        output.layer(inputs),
    ]
    return from_layers("cnn_2c2d", layers, inputs, weights, "convolution")
