"""Shared parts of sequence models: the layer that converts an example to a sequence, and recurrent layers."""

import keras

from optbench.errors import ConfigError
from optbench.models._layers import OneHot
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, from_layers

UNROLLED_UP_TO = 32  # steps; a loop is slower for fewer steps, and compiles faster for more


def sequence_layer(inputs: Inputs, name: str) -> keras.layers.Layer:
    """Return the layer that converts an example to a sequence of vectors.

    Args:
        inputs: the data to fit.
        name: the name of the model, for messages.

    Raises:
        ConfigError: examples are single vectors.
    """
    if inputs.symbols:
        return OneHot(inputs.symbols, name="one_hot", dtype=inputs.dtype)
    if len(inputs.shape) < 2:
        raise ConfigError(
            f"`model={name}` needs sequences or images. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take dataset=digits, or model=mlp."
        )
    return keras.layers.Reshape((inputs.shape[0], -1), name="rows", dtype=inputs.dtype)


def recurrent(
    name: str,
    cell: type[keras.layers.Layer],
    inputs: Inputs,
    layers: int,
    units: int,
    nonlinearity: Nonlinearity,
    output: Output,
    weights: Weights,
) -> Model:
    """Return recurrent layers and a dense layer: one output at each position of ids, or one at the end.

    Args:
        name: the name of the model.
        cell: ``keras.layers.LSTM`` or another layer with the same arguments.
        inputs: the data to fit.
        layers: the number of stacked layers.
        units: the number of cells in each layer.
        nonlinearity: the activation of the cells.
        output: the output layer.
        weights: how initial weights are drawn.

    Raises:
        ConfigError: examples are single vectors, or the activation needs several inputs per output.
    """
    if nonlinearity.width(1) > 1:
        raise ConfigError(
            f"`model.activation` of model={name} must have one input for each output. "
            f"Received: model.activation={nonlinearity.activation}. Take tanh."
        )
    stack: list[keras.layers.Layer] = [sequence_layer(inputs, name)]
    for i in range(layers):
        stack.append(
            cell(
                units,
                activation=nonlinearity,
                return_sequences=bool(inputs.symbols) or i < layers - 1,
                unroll=inputs.shape[0] <= UNROLLED_UP_TO,
                use_cudnn=False,
                seed=0,  # of a dropout that is not used; without it, the layer has a random state
                name=f"{name}_{i}",
                dtype=inputs.dtype,
            )
        )
    stack.append(output.layer(inputs))
    return from_layers(name, stack, inputs, weights, "recurrence")
