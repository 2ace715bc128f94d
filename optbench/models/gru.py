"""Gated recurrent units over sequences of characters, or over the rows of images."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Range
from optbench.errors import ConfigError
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, from_layers
from optbench.models.lstm import UNROLLED_UP_TO, sequence_layer


def gru(
    inputs: Inputs,
    layers: Annotated[int, Range(1, 100, "[]")] = 1,
    units: Annotated[int, AtLeastOne] = 128,
    nonlinearity: Nonlinearity = Nonlinearity(activation="tanh"),
    output: Output = Output(),
    weights: Weights = Weights(initializer="glorot_uniform"),
) -> Model:
    """Layers of gated recurrent units and a dense layer.

    A sequence of ids, each a one-hot vector, has an output at each position, which predicts the next id. The steps of
    an image are its rows; it has one output, after the last row.

    Args:
        inputs: the data to fit: sequences of ids or of vectors, or images.
        layers: of cells, one above the other, at least 1.
        units: cells in each layer, at least 1.
        nonlinearity: of a cell's candidate, see :class:`optbench.models.activations.Nonlinearity`; not ``maxout``. Its
            gates are sigmoids.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`. Recurrent kernels
            are orthogonal.

    Raises:
        ConfigError: examples are single vectors, or the activation is ``maxout``.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation",
    2014; the reset gate is applied after the recurrent product, which has a bias of its own, as in Keras and cuDNN.
    """
    check_inputs(inputs, nonlinearity)
    stack: list[keras.layers.Layer] = [sequence_layer(inputs)]
    for i in range(layers):
        stack.append(
            keras.layers.GRU(
                units,
                activation=nonlinearity,
                return_sequences=bool(inputs.symbols) or i < layers - 1,
                unroll=inputs.shape[0] <= UNROLLED_UP_TO,
                use_cudnn=False,
                seed=0,  # of a dropout that is not used; without it the layer holds a random number
                name=f"gru_{i}",
                dtype=inputs.dtype,
            )
        )
    stack.append(output.layer(inputs))
    return from_layers("gru", stack, inputs, weights, "recurrence")


def check_inputs(inputs: Inputs, nonlinearity: Nonlinearity) -> None:
    """Raise ConfigError where there is no sequence, or an output of the activation needs several inputs."""
    if not inputs.symbols and len(inputs.shape) < 2:
        raise ConfigError(
            "`model=gru` needs sequences or images. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take dataset=digits, or model=mlp."
        )
    if nonlinearity.width(1) > 1:
        raise ConfigError(
            f"`model.activation` of a gru must have one input for each output. "
            f"Received: model.activation={nonlinearity.activation}. Take tanh."
        )
