"""Softmax regression: one dense layer."""

import keras

from optbench.models.base import Inputs, Model, Output, Weights, from_layers


def softmax(
    inputs: Inputs,
    output: Output = Output(),
    weights: Weights = Weights(initializer="truncated_normal"),
) -> Model:
    """One dense layer from the flattened input to the outputs: 4 -> 3 on iris. Convex under ``cross_entropy``.

    Args:
        inputs: the data to fit.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.
    """
    layers = [
        keras.layers.Flatten(name="flatten", dtype=inputs.dtype),
        output.layer(inputs),
    ]
    return from_layers("softmax", layers, inputs, weights)
