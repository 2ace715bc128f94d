"""DeepOBS's variational autoencoder for images."""

import math
from typing import Annotated, NamedTuple

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

SIZE = 4  # window size in pixels
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
    """Three convolutions to a normal distribution of ``latent`` variables, and back from a sample to the image.

    Encoder: convolutions of 4x4 pixels with strides 2, 2 and 1, each with dropout; two dense layers for the means and
    the log variances. Decoder: a dense layer of width ``hidden``, and one with an output for each pixel of an image a
    quarter as wide and high; transposed convolutions of 4x4 pixels with strides 2, 1 and 1 and relu, the first two with
    dropout; a dense layer to the image. The outputs of an example are its reconstruction, the means and the log
    variances, concatenated. The decoder also receives a sample in evaluation, see
    :class:`optbench.models._layers.NormalSample`. 10,151,489 parameters on images of 28x28x1.

    Args:
        inputs: the data to fit: images, under a loss that compares outputs with inputs.
        filters: number of filters of each convolution, at least 1.
        latent: number of latent variables, at least 1.
        hidden: width of the decoder's first layer, at least 1.
        dropout: rate of dropout after five of the six convolutions, in [0, 1).
        nonlinearity: activation of the convolutions of the encoder and the first two layers of the decoder, see
            :class:`optbench.models.activations.Nonlinearity`.
        output_activation: activation of the reconstruction: ``sigmoid`` for pixels from 0 to 1, ``linear`` for any
            numbers.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not images, or the targets of the loss are not the inputs.

    Source: Schneider, Balles and Hennig, "DeepOBS: A Deep Learning Optimizer Benchmark Suite", 2019, "vae"; the idea is
    that of Kingma and Welling, "Auto-Encoding Variational Bayes", 2013.
    """
    check_image(inputs, "vae")
    check_reconstruction(inputs, "vae", "vae")
    dtype = inputs.dtype
    halves = Halves(filters, hidden, dropout, nonlinearity, output_activation, dtype)

    def connect(x: Tensor, key: Tensor) -> Tensor:
        seen = halves.encode(x, key)
        mean, log_variance = (
            keras.layers.Dense(latent, name=name, dtype=dtype)(seen) for name in ("mean", "log_variance")
        )
        z = NormalSample(len(ENCODER_STRIDES) + len(DECODER_STRIDES), dtype)([mean, log_variance, key])
        restored = halves.decode(z, key, inputs.shape)
        return keras.layers.Concatenate(name="outputs", dtype=dtype)([restored, mean, log_variance])

    return from_graph("vae", connect, inputs, weights, output_activation, "convolution")


class Halves(NamedTuple):
    """The encoder and the decoder, with the arguments of :func:`vae`; ``dtype`` is the dtype of their layers."""

    filters: int
    hidden: int
    dropout: float
    nonlinearity: Nonlinearity
    output_activation: OutputActivation
    dtype: str

    def encode(self, x: Tensor, key: Tensor) -> Tensor:
        """Images -> features from which means and log variances are computed."""
        layers: list[keras.layers.Layer] = []
        for i, stride in enumerate(ENCODER_STRIDES):
            width, name = self.nonlinearity.width(self.filters), f"encoder_{i}"
            convolution = keras.layers.Conv2D(width, SIZE, stride, padding="same", name=name, dtype=self.dtype)
            layers += [*self._activated(convolution), *self._dropped(i)]
        return connect_layers([*layers, keras.layers.Flatten(name="encoder_flatten", dtype=self.dtype)], x, key)

    def decode(self, z: Tensor, key: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Latent variables -> flattened images of ``shape``."""
        rows, columns = (math.ceil(side / 4) for side in shape[:2])
        layers = [*self._dense(self.hidden, "decoder_hidden"), *self._dense(rows * columns, "decoder_places")]
        layers.append(keras.layers.Reshape((rows, columns, 1), name="decoder_image", dtype=self.dtype))
        for i, stride in enumerate(DECODER_STRIDES):
            options = {"padding": "same", "activation": "relu", "name": f"decoder_{i}", "dtype": self.dtype}
            layers.append(keras.layers.Conv2DTranspose(self.filters, SIZE, stride, **options))
            layers += [] if i == len(DECODER_STRIDES) - 1 else self._dropped(len(ENCODER_STRIDES) + i)
        layers.append(keras.layers.Flatten(name="decoder_flatten", dtype=self.dtype))
        layers.append(keras.layers.Dense(math.prod(shape), self.output_activation, name="output", dtype=self.dtype))
        return connect_layers(layers, z, key)

    def _dense(self, units: int, name: str) -> list[keras.layers.Layer]:
        return self._activated(keras.layers.Dense(self.nonlinearity.width(units), name=name, dtype=self.dtype))

    def _activated(self, layer: keras.layers.Layer) -> list[keras.layers.Layer]:
        return [layer, self.nonlinearity.layer(f"{layer.name}_activation", self.dtype)]

    def _dropped(self, number: int) -> list[keras.layers.Layer]:
        return [Dropout(self.dropout, number, self.dtype)] if self.dropout else []
