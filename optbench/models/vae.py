"""DeepOBS's variational autoencoder for images."""

import math
from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.models._layers import Dropout, DropoutRate, NormalSample, connect_layers
from optbench.models.activations import OutputActivation
from optbench.models.base import (
    Inputs,
    Model,
    Nonlinearity,
    Tensor,
    Weights,
    check_image,
    check_reconstruction,
    from_graph,
)

SIZE = 4  # pixels a side of every window
ENCODER_STRIDES, DECODER_STRIDES = (2, 2, 1), (2, 1, 1)


def vae(
    inputs: Inputs,
    filters: Annotated[int, AtLeastOne] = 64,
    latent: Annotated[int, AtLeastOne] = 8,
    hidden: Annotated[int, AtLeastOne] = 24,
    dropout: DropoutRate = 0.2,
    nonlinearity: Nonlinearity = Nonlinearity(activation="leaky_relu", slope=0.3),
    output_activation: OutputActivation = "sigmoid",
    weights: Weights = Weights(initializer="glorot_uniform"),
) -> Model:
    """Three convolutions to a normal distribution of ``latent`` numbers, and from a draw of it back to the image.

    Encoder: convolutions of 4x4 pixels with strides 2, 2 and 1, each with dropout; two dense layers for the means and
    the log variances. Decoder: dense layers of ``hidden`` numbers and of one number for each place of an image a
    quarter as wide and high; transposed convolutions of 4x4 pixels with strides 2, 1 and 1 and relu, the first two
    with dropout; a dense layer to the image. The outputs of an example are its restored image, the means, and the log
    variances, in a row. Also in evaluation the decoder is given a draw, see
    :class:`optbench.models._layers.NormalSample`. 10,151,489 parameters on images of 28x28x1.

    Args:
        inputs: the data to fit: images, under a loss that compares outputs with inputs.
        filters: of each convolution, at least 1.
        latent: numbers from which the decoder restores an image, at least 1.
        hidden: width of the decoder's first layer, at least 1.
        dropout: after five of the six convolutions, in [0, 1).
        nonlinearity: of the convolutions of the encoder and the first two layers of the decoder, see
            :class:`optbench.models.activations.Nonlinearity`.
        output_activation: of the restored image: ``sigmoid`` for pixels from 0 to 1, ``linear`` for any numbers.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images, or the loss has other targets than the inputs.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, "vae"; the idea
    is of Kingma and Welling, "Auto-Encoding Variational Bayes", 2013.
    """
    check_image(inputs, "vae")
    check_reconstruction(inputs, "vae", "vae")
    dtype = inputs.dtype
    rows, columns = (math.ceil(side / 4) for side in inputs.shape[:2])

    def activated(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
        return [layer, nonlinearity.layer(f"{layer.name}_activation", dtype)]

    def dropped(number: int) -> list[keras.layers.Layer]:
        return [Dropout(dropout, number, dtype)] if dropout else []

    def dense(units: int, name: str) -> keras.layers.Dense:
        return keras.layers.Dense(units, name=name, dtype=dtype)

    def encode(x: Tensor, key: Tensor) -> Tensor:
        layers: list[keras.layers.Layer] = []
        for i, stride in enumerate(ENCODER_STRIDES):
            width = nonlinearity.width(filters)
            name = f"encoder_{i}"
            convolution = keras.layers.Conv2D(width, SIZE, stride, padding="same", name=name, dtype=dtype)
            layers += [*activated(convolution), *dropped(i)]
        return connect_layers([*layers, keras.layers.Flatten(name="encoder_flatten", dtype=dtype)], x, key)

    def decode(z: Tensor, key: Tensor) -> Tensor:
        layers = activated(dense(nonlinearity.width(hidden), "decoder_hidden"))
        layers += activated(dense(nonlinearity.width(rows * columns), "decoder_places"))
        layers.append(keras.layers.Reshape((rows, columns, 1), name="decoder_image", dtype=dtype))
        for i, stride in enumerate(DECODER_STRIDES):
            name, last = f"decoder_{i}", i == len(DECODER_STRIDES) - 1
            layers.append(
                keras.layers.Conv2DTranspose(
                    filters, SIZE, stride, padding="same", activation="relu", name=name, dtype=dtype
                )
            )
            layers += [] if last else dropped(len(ENCODER_STRIDES) + i)
        layers.append(keras.layers.Flatten(name="decoder_flatten", dtype=dtype))
        layers.append(keras.layers.Dense(math.prod(inputs.shape), output_activation, name="output", dtype=dtype))
        return connect_layers(layers, z, key)

    def connect(x: Tensor, key: Tensor) -> Tensor:
        seen = encode(x, key)
        mean, log_variance = dense(latent, "mean")(seen), dense(latent, "log_variance")(seen)
        number = len(ENCODER_STRIDES) + len(DECODER_STRIDES)
        restored = decode(NormalSample(number, dtype)([mean, log_variance, key]), key)
        return keras.layers.Concatenate(name="outputs", dtype=dtype)([restored, mean, log_variance])

    return from_graph("vae", connect, inputs, weights, output_activation, "convolution")
