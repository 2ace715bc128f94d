"""One-dimensional convolutions over sequences of characters, over series, or over the rows of images."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.models._sequences import sequence_layer
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, from_layers


def conv1d(
    inputs: Inputs,
    layers: Annotated[int, AtLeastOne] = 2,
    filters: Annotated[int, AtLeastOne] = 32,
    size: Annotated[int, AtLeastOne] = 3,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(),
) -> Model:
    """Convolutions along a sequence and a dense layer.

    A sequence of ids, as one-hot vectors, has an output at each position, which depends only on the ids up to there. A
    sequence of vectors, such as the rows of an image, is averaged after the last convolution and has one output.

    Args:
        inputs: the data to fit: sequences of ids or of vectors, or images.
        layers: number of convolutions, applied in sequence, at least 1.
        filters: number of filters of each convolution, at least 1.
        size: number of positions in a window, at least 1.
        nonlinearity: activation of the convolutions, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are single vectors.

    Source: Waibel et al., "Phoneme Recognition Using Time-Delay Neural Networks", 1989; padded to the length of the
    sequence; only at its start if positions must not depend on later ones.
    """
    padding, dtype = ("causal" if inputs.symbols else "same"), inputs.dtype
    stack: list[keras.layers.Layer] = [sequence_layer(inputs, "conv1d")]
    for i in range(layers):
        width = nonlinearity.width(filters)
        stack.append(keras.layers.Conv1D(width, size, padding=padding, name=f"convolution_{i}", dtype=dtype))
        stack.append(nonlinearity.layer(f"activation_{i}", dtype))
    if not inputs.symbols:
        stack.append(keras.layers.GlobalAveragePooling1D(name="mean", dtype=dtype))
    stack.append(output.layer(inputs))
    return from_layers("conv1d", stack, inputs, weights, "convolution")
