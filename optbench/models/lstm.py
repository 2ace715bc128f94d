"""Long short-term memory over sequences of characters, or over the rows of images."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Range
from optbench.models._sequences import recurrent
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights


def lstm(
    inputs: Inputs,
    layers: Annotated[int, Range(1, 100, "[]")] = 1,
    units: Annotated[int, AtLeastOne] = 128,
    nonlinearity: Nonlinearity = Nonlinearity(activation="tanh"),
    output: Output = Output(),
    weights: Weights = Weights(initializer="glorot_uniform"),
) -> Model:
    """Layers of LSTM cells and a dense layer.

    A sequence of ids, as one-hot vectors, has an output at each position, which predicts the next id. The steps of an
    image are its rows; it has one output, after the last row.

    Args:
        inputs: the data to fit: sequences of ids or of vectors, or images.
        layers: number of stacked layers of cells, at least 1.
        units: number of cells in each layer, at least 1.
        nonlinearity: activation of a cell's input and output, see :class:`optbench.models.activations.Nonlinearity`;
            not ``maxout``. Gates are sigmoids.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`. Recurrent kernels
            are orthogonal; the bias of the forget gate starts at 1 + ``bias``.

    Raises:
        ConfigError: examples are single vectors, or the activation is ``maxout``.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of Gers, Schmidhuber and
    Cummins, 2000, initially open as recommended by Jozefowicz, Zaremba and Sutskever, 2015.
    """
    return recurrent("lstm", keras.layers.LSTM, inputs, layers, units, nonlinearity, output, weights)
