"""Softmax regression: one dense layer."""

from typing import Annotated

import keras

from optbench.config.parameters import Positive
from optbench.models._activations import OutputActivation
from optbench.models.base import Initializer, Inputs, Model, Outputs, Weights, from_layers


def softmax(
    inputs: Inputs,
    output_activation: OutputActivation = "linear",
    outputs: Outputs = None,
    initializer: Initializer = "truncated_normal",
    stddev: Annotated[float, Positive] = 0.1,
    bias: float = 0.0,
) -> Model:
    """One dense layer from the flattened input to the outputs: 4 -> 3 on iris. Convex under ``cross_entropy``.

    Args:
        inputs: what to fit.
        output_activation: ``linear`` for ``cross_entropy``, which holds the softmax; ``softmax`` for ``mse``.
        outputs: how many, at least 1; null is one for each class.
        initializer: ``truncated_normal``, ``he_normal``, ``glorot_uniform`` or ``glorot``.
        stddev: standard deviation of ``truncated_normal``, > 0.
        bias: the constant at which biases start.
    """
    layers = [
        keras.layers.Flatten(name="flatten", dtype=inputs.dtype),
        keras.layers.Dense(outputs or inputs.outputs, activation=output_activation, name="output", dtype=inputs.dtype),
    ]
    return from_layers("softmax", layers, inputs, Weights(initializer, stddev, bias))
