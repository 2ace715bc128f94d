"""Multilayer perceptron for tables, with a separate embedding for each number."""

import math
from typing import Annotated, Any

import keras
import numpy as np
import tensorflow as tf

from optbench.config.parameters import AtLeastOne, Positive
from optbench.errors import ConfigError
from optbench.models._layers import Dropout, DropoutRate
from optbench.models.base import Arrays, Inputs, Model, Nonlinearity, Output, Weights, from_layers
from optbench.random.streams import stream

Tensor = Any
EMBEDDING = "embedding"


def mlp_tabular(
    inputs: Inputs,
    hidden: Annotated[list[int], AtLeastOne] = [128, 128],  # noqa: B006 - read, never written
    embedding: Annotated[int, AtLeastOne] = 8,
    frequencies: Annotated[int, AtLeastOne] = 16,
    sigma: Annotated[float, Positive] = 0.1,
    dropout: DropoutRate = 0.0,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(),
) -> Model:
    """Periodic embeddings of numbers, dense layers of ``hidden`` widths, and the outputs.

    .. math::
        v &= 2 π c x, \\quad c \\sim N(0, σ^2)  \\\\
        e(x) &= \\mathrm{relu}(W [\\cos v, \\sin v] + b)

    Each input has its own frequencies c, matrix W and vector b, all of which are learned.

    Args:
        inputs: the data to fit: single vectors.
        hidden: widths of the hidden layers, each at least 1.
        embedding: dimension of the embedding of an input, at least 1.
        frequencies: number of frequencies of an input, at least 1.
        sigma: σ > 0, standard deviation of the initial frequencies; for standardized inputs.
        dropout: rate of dropout after each hidden layer, in [0, 1).
        nonlinearity: activation of the hidden layers, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`; those of embeddings
            are uniform within ±1 / sqrt(2 ``frequencies``).

    Raises:
        ConfigError: examples are not vectors.

    Source: Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning", 2022,
    "PLR": equations 2 and 3 with a separate dense layer for each feature.
    """
    if len(inputs.shape) != 1 or inputs.symbols:
        raise ConfigError(
            "`model=mlp_tabular` needs vectors of numbers. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take dataset=table, or model=mlp."
        )
    dtype = inputs.dtype
    layers = [PeriodicEmbedding(embedding, frequencies, name=EMBEDDING, dtype=dtype)]
    layers.append(keras.layers.Flatten(name="flatten", dtype=dtype))
    for i, width in enumerate(hidden):
        layers.append(keras.layers.Dense(nonlinearity.width(width), name=f"dense_{i}", dtype=dtype))
        layers.append(nonlinearity.layer(f"activation_{i}", dtype))
        layers += [Dropout(dropout, i, dtype)] if dropout else []
    layers.append(output.layer(inputs))
    return with_embeddings(from_layers("mlp_tabular", layers, inputs, weights), sigma)


def with_embeddings(model: Model, sigma: float) -> Model:
    """Return ``model`` with initial embeddings as in the paper."""

    def init(key: str) -> tuple[Arrays, Arrays]:
        params, state = model.init(key)
        return [drawn(key, name, p) for name, p in zip(model.names, params, strict=True)], state

    def drawn(key: str, name: str, value: Any) -> Any:
        generator = stream("embeddings", key, name)
        if name == f"{EMBEDDING}/frequencies":
            return generator.normal(0.0, sigma, value.shape).astype(value.dtype)
        if name in (f"{EMBEDDING}/kernel", f"{EMBEDDING}/bias"):
            limit = 1 / math.sqrt(dict(zip(model.names, model.shapes, strict=True))[f"{EMBEDDING}/kernel"][1])
            return np.asarray(generator.uniform(-limit, limit, value.shape), value.dtype)
        return value

    return model._replace(init=init)


class PeriodicEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Embeds each number by cosines and sines, a separate dense layer and relu: (batch, inputs) -> (..., size)."""

    def __init__(self, size: int, frequencies: int, name: str, dtype: str) -> None:
        super().__init__(name=name, dtype=dtype)
        self.size, self.count = size, frequencies

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights of each input."""
        inputs = input_shape[-1]
        self.frequencies = self.add_weight(name="frequencies", shape=(inputs, self.count))
        self.kernel = self.add_weight(name="kernel", shape=(inputs, 2 * self.count, self.size))
        self.bias = self.add_weight(name="bias", shape=(inputs, self.size), initializer="zeros")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the inputs, followed by the size of an embedding."""
        return (*input_shape, self.size)

    def call(self, inputs: Tensor) -> Tensor:
        """(batch, inputs) -> (batch, inputs, size)."""
        angles = 2 * math.pi * inputs[..., None] * tf.convert_to_tensor(self.frequencies)
        waves = tf.concat([tf.cos(angles), tf.sin(angles)], axis=-1)
        return tf.nn.relu(tf.einsum("bik,iks->bis", waves, tf.convert_to_tensor(self.kernel)) + self.bias)
