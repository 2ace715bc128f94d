"""Multilayer perceptron: dense layers in a row."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Positive
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models.base import Initializer, Inputs, Model, Outputs, Weights, from_layers


def mlp(
    inputs: Inputs,
    hidden: Annotated[list[int], AtLeastOne] = [64],  # noqa: B006 - read, never written
    activation: ActivationName = "relu",
    slope: Slope = 0.01,
    pieces: Pieces = 2,
    output_activation: OutputActivation = "linear",
    outputs: Outputs = None,
    initializer: Initializer = "he_normal",
    stddev: Annotated[float, Positive] = 0.1,
    bias: float = 0.0,
) -> Model:
    """Dense layers from the flattened input through ``hidden`` widths to the outputs: 64 -> 64 -> 10 on digits.

    Args:
        inputs: what to fit.
        hidden: widths of the hidden layers, each at least 1; an empty list is softmax regression.
        activation: of the hidden layers, see :class:`optbench.models._activations.Activation`.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, at least 2.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class. 1 with two classes is a binary problem.
        initializer: ``he_normal``, ``glorot_uniform``, ``glorot`` or ``truncated_normal``.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start.
    """
    between = Activation(activation, slope, pieces)
    layers = [keras.layers.Flatten(name="flatten", dtype=inputs.dtype)]
    for i, width in enumerate(hidden):
        layers.append(keras.layers.Dense(between.width(width), name=f"dense_{i}", dtype=inputs.dtype))
        layers.append(between.layer(f"activation_{i}", inputs.dtype))
    size = outputs or inputs.outputs
    layers.append(keras.layers.Dense(size, activation=output_activation, name="output", dtype=inputs.dtype))
    return from_layers("mlp", layers, inputs, Weights(initializer, stddev, bias))
