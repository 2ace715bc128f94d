"""Autoencoder: dense layers that compress an example to a few numbers and reconstruct it."""

import math
from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.models.activations import OutputActivation
from optbench.models.base import Inputs, Model, Nonlinearity, Weights, check_reconstruction, from_layers


def autoencoder(
    inputs: Inputs,
    hidden: Annotated[list[int], AtLeastOne] = [64, 32],  # noqa: B006 - read, never written
    latent: Annotated[int, AtLeastOne] = 8,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output_activation: OutputActivation = "linear",
    weights: Weights = Weights(),
) -> Model:
    """Dense layers of ``hidden`` widths, a linear one of ``latent``, the ``hidden`` widths in reverse, and the outputs.

    Args:
        inputs: the data to fit: numbers of any shape, under a loss that compares outputs with inputs.
        hidden: widths of the hidden layers of the encoder, each at least 1.
        latent: the number of latent variables, at least 1.
        nonlinearity: activation of the hidden layers, see :class:`optbench.models.activations.Nonlinearity`.
        output_activation: ``linear`` for any numbers, ``sigmoid`` for pixels from 0 to 1.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: the targets of the loss are not the inputs.

    Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", 2006; a test of
    optimizers since Martens, "Deep learning via Hessian-free optimization", 2010. Both have sigmoids between layers.
    """
    check_reconstruction(inputs, "autoencoder", "reconstruction")
    dtype = inputs.dtype
    layers: list[keras.layers.Layer] = [keras.layers.Flatten(name="flatten", dtype=dtype)]

    def hidden_layer(width: int, name: str) -> list[keras.layers.Layer]:
        dense = keras.layers.Dense(nonlinearity.width(width), name=name, dtype=dtype)
        return [dense, nonlinearity.layer(f"{name}_activation", dtype)]

    for i, width in enumerate(hidden):
        layers += hidden_layer(width, f"encoder_{i}")
    layers.append(keras.layers.Dense(latent, name="latent", dtype=dtype))
    for i, width in enumerate(reversed(hidden)):
        layers += hidden_layer(width, f"decoder_{i}")
    numbers = math.prod(inputs.shape)
    layers.append(keras.layers.Dense(numbers, output_activation, name="output", dtype=dtype))
    return from_layers("autoencoder", layers, inputs, weights)
