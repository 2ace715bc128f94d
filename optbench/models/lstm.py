"""Long short-term memory over sequences of characters, or over the rows of images."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Range
from optbench.errors import ConfigError
from optbench.models._layers import OneHot
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, from_layers

UNROLLED_UP_TO = 32  # steps; a loop is slower where there are few, and compiles faster where there are many


def lstm(
    inputs: Inputs,
    layers: Annotated[int, Range(1, 100, "[]")] = 1,
    units: Annotated[int, AtLeastOne] = 128,
    nonlinearity: Nonlinearity = Nonlinearity(activation="tanh"),
    output: Output = Output(),
    weights: Weights = Weights(initializer="glorot_uniform"),
) -> Model:
    """Layers of LSTM cells and a dense layer.

    A sequence of ids, each a one-hot vector, has an output at each position, which predicts the next id. The steps of
    an image are its rows; it has one output, after the last row.

    Args:
        inputs: the data to fit: sequences of ids or of vectors, or images.
        layers: of cells, one above the other, at least 1.
        units: cells in each layer, at least 1.
        nonlinearity: of a cell's input and output, see :class:`optbench.models.activations.Nonlinearity`; not
            ``maxout``. Its gates are sigmoids.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`. Recurrent kernels
            are orthogonal; the bias of the forget gate starts at 1 + ``bias``.

    Raises:
        ConfigError: examples are single vectors, or the activation is ``maxout``.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of Gers, Schmidhuber and
    Cummins, 2000, open at the start as Jozefowicz, Zaremba and Sutskever, 2015, advise.
    """
    check_nonlinearity(nonlinearity)
    stack: list[keras.layers.Layer] = [sequence_layer(inputs)]
    for i in range(layers):
        stack.append(
            keras.layers.LSTM(
                units,
                activation=nonlinearity,
                return_sequences=bool(inputs.symbols) or i < layers - 1,
                unroll=inputs.shape[0] <= UNROLLED_UP_TO,
                use_cudnn=False,
                seed=0,  # of a dropout that is not used; without it the layer holds a random number
                name=f"lstm_{i}",
                dtype=inputs.dtype,
            )
        )
    stack.append(output.layer(inputs))
    return from_layers("lstm", stack, inputs, weights, "recurrence")


def sequence_layer(inputs: Inputs) -> keras.layers.Layer:
    """Return the layer that turns an example into a sequence of vectors."""
    if inputs.symbols:
        return OneHot(inputs.symbols, name="one_hot", dtype=inputs.dtype)
    if len(inputs.shape) < 2:
        raise ConfigError(
            "`model=lstm` needs sequences or images. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take dataset=digits, or model=mlp."
        )
    return keras.layers.Reshape((inputs.shape[0], -1), name="rows", dtype=inputs.dtype)


def check_nonlinearity(nonlinearity: Nonlinearity) -> None:
    """Raise ConfigError where an output needs several inputs, which a cell does not have."""
    if nonlinearity.width(1) > 1:
        raise ConfigError(
            f"`model.activation` of an lstm must have one input for each output. "
            f"Received: model.activation={nonlinearity.activation}. Take tanh."
        )
