"""Multilayer perceptron: dense layers in sequence."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, from_layers


def mlp(
    inputs: Inputs,
    hidden: Annotated[list[int], AtLeastOne] = [64],  # noqa: B006 - read, never written
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(),
) -> Model:
    """Dense layers from the flattened input through ``hidden`` widths to the outputs: 64 -> 64 -> 10 on digits.

    Args:
        inputs: the data to fit.
        hidden: widths of the hidden layers, each at least 1; an empty list is softmax regression.
        nonlinearity: activation of the hidden layers, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.
    """
    layers = [keras.layers.Flatten(name="flatten", dtype=inputs.dtype)]
    for i, width in enumerate(hidden):
        layers.append(keras.layers.Dense(nonlinearity.width(width), name=f"dense_{i}", dtype=inputs.dtype))
        layers.append(nonlinearity.layer(f"activation_{i}", inputs.dtype))
    layers.append(output.layer(inputs))
    return from_layers("mlp", layers, inputs, weights)
