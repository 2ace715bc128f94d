"""Long short-term memory over sequences of characters, or over the rows of images."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne, Positive
from optbench.errors import ConfigError
from optbench.models._activations import Activation, ActivationName, OutputActivation, Pieces, Slope
from optbench.models._layers import OneHot
from optbench.models.base import Initializer, Inputs, Model, Outputs, Weights, from_layers

UNROLLED_UP_TO = 32  # steps; a loop is slower where there are few, and is compiled sooner where there are many


def lstm(
    inputs: Inputs,
    layers: Annotated[int, AtLeastOne] = 1,
    units: Annotated[int, AtLeastOne] = 128,
    activation: ActivationName = "tanh",
    slope: Slope = 0.01,
    pieces: Pieces = 2,
    output_activation: OutputActivation = "linear",
    outputs: Outputs = None,
    initializer: Initializer = "glorot_uniform",
    stddev: Annotated[float, Positive] = 0.1,
    bias: float = 0.0,
) -> Model:
    """Layers of LSTM cells and a dense layer.

    Of a sequence of ids, each a one-hot vector, there is an output at each position: the next one. Of an image each row
    is a step, and there is one output, after the last.

    Args:
        inputs: what to fit: sequences of ids or of vectors, or images.
        layers: of cells, one above the other, at least 1.
        units: cells in each layer, at least 1.
        activation: of a cell's input and output, see :class:`optbench.models._activations.Activation`; not ``maxout``.
            Its gates are sigmoids.
        slope: of ``leaky_relu`` below zero, at least 0.
        pieces: of ``maxout``, which has no place here.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``glorot_uniform``, ``glorot``, ``he_normal`` or ``truncated_normal``; recurrent kernels are
            orthogonal.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start; that of the forget gate starts at 1 + ``bias``.

    Raises:
        ConfigError: examples are single vectors, or the activation is ``maxout``.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of Gers, Schmidhuber and
    Cummins, 2000, open at the start as Jozefowicz, Zaremba and Sutskever, 2015, advise.
    """
    between, dtype = checked_activation(Activation(activation, slope, pieces)), inputs.dtype
    stack: list[keras.layers.Layer] = [steps_of(inputs)]
    for i in range(layers):
        stack.append(
            keras.layers.LSTM(
                units,
                activation=between,
                return_sequences=bool(inputs.symbols) or i < layers - 1,
                unroll=inputs.shape[0] <= UNROLLED_UP_TO,
                use_cudnn=False,
                seed=0,  # of a dropout that we do not use; without it the layer holds a number that chance made
                name=f"lstm_{i}",
                dtype=dtype,
            )
        )
    size = outputs or inputs.outputs
    stack.append(keras.layers.Dense(size, activation=output_activation, name="output", dtype=dtype))
    return from_layers("lstm", stack, inputs, Weights(initializer, stddev, bias), "recurrence")


def steps_of(inputs: Inputs) -> keras.layers.Layer:
    """The layer that makes vectors, one a step, of an example."""
    if inputs.symbols:
        return OneHot(inputs.symbols, name="one_hot", dtype=inputs.dtype)
    if len(inputs.shape) < 2:
        raise ConfigError(
            "`model=lstm` needs sequences or images. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take dataset=digits, or model=mlp."
        )
    return keras.layers.Reshape((inputs.shape[0], -1), name="rows", dtype=inputs.dtype)


def checked_activation(activation: Activation) -> Activation:
    """``activation``, unless it needs several inputs for each output, which a cell does not have."""
    if activation.width(1) > 1:
        raise ConfigError(
            f"`model.activation` of an lstm must have one input for each output. "
            f"Received: model.activation={activation.name}. Take tanh."
        )
    return activation
