"""What networks of sequences share: the layer that makes one of an example, and layers of recurrent cells."""

import keras

from optbench.errors import ConfigError
from optbench.models._layers import OneHot
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, from_layers

UNROLLED_UP_TO = 32  # steps; a loop is slower where there are few, and compiles faster where there are many


def sequence_layer(inputs: Inputs, name: str) -> keras.layers.Layer:
    """Return the layer that turns an example into a sequence of vectors.

    Args:
        inputs: the data to fit.
        name: of the model, for the message.

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
    """Return layers of recurrent cells and a dense layer: an output at each position of ids, or one at the end.

    Args:
        name: of the model.
        cell: ``keras.layers.LSTM`` or another layer of its arguments.
        inputs: the data to fit.
        layers: of cells, one above the other.
        units: cells in each layer.
        nonlinearity: of the cells.
        output: the output layer.
        weights: how initial weights are drawn.

    Raises:
        ConfigError: examples are single vectors, or an output of the activation needs several inputs.
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
                seed=0,  # of a dropout that is not used; without it the layer holds a random number
                name=f"{name}_{i}",
                dtype=inputs.dtype,
            )
        )
    stack.append(output.layer(inputs))
    return from_layers(name, stack, inputs, weights, "recurrence")
