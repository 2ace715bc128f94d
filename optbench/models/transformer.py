"""A decoder-only transformer over sequences of characters."""

from typing import Annotated, Any

import keras
import tensorflow as tf

from optbench.config.parameters import AtLeastOne
from optbench.errors import ConfigError
from optbench.models._layers import Dropout, DropoutRate
from optbench.models.base import Inputs, Model, Nonlinearity, Output, Weights, from_graph

Tensor = Any


def transformer(
    inputs: Inputs,
    layers: Annotated[int, AtLeastOne] = 2,
    heads: Annotated[int, AtLeastOne] = 4,
    width: Annotated[int, AtLeastOne] = 64,
    expansion: Annotated[int, AtLeastOne] = 4,
    dropout: DropoutRate = 0.0,
    nonlinearity: Nonlinearity = Nonlinearity(),
    output: Output = Output(),
    weights: Weights = Weights(initializer="truncated_normal", stddev=0.02),
) -> Model:
    """Blocks of causal self-attention and a feed-forward network, each after a layer normalization.

    .. math::
        h_0 &= E[x] + P \\\\
        h' &= h + \\mathrm{attention}(\\mathrm{norm}(h)) \\\\
        h &= h' + W_2 \\, σ(W_1 \\, \\mathrm{norm}(h')) \\\\
        \\text{outputs} &= W \\, \\mathrm{norm}(h_L)

    Each position attends to itself and earlier positions, and predicts the next id. Positions have learned embeddings.

    Args:
        inputs: the data to fit: sequences of ids.
        layers: number of blocks, at least 1.
        heads: number of attention heads, at least 1; must divide ``width``.
        width: dimension of the vector at each position, at least 1.
        expansion: width of the hidden layer at each position, as a multiple of ``width``.
        dropout: rate of dropout after the embeddings, the attention and the network at each position, in [0, 1).
        nonlinearity: σ, see :class:`optbench.models.activations.Nonlinearity`.
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not sequences of ids, or ``heads`` does not divide ``width``.

    Source: Vaswani et al., "Attention Is All You Need", 2017; with pre-normalization and the initial weights of Radford
    et al., "Language Models are Unsupervised Multitask Learners", 2019, without their smaller weights in deeper blocks.
    """
    check_sizes(inputs, heads, width)
    dtype = inputs.dtype
    numbers = iter(range(1 + 2 * layers))

    def drop(x: Tensor, key: Tensor) -> Tensor:
        return Dropout(dropout, next(numbers), dtype)([x, key]) if dropout else x

    def norm(x: Tensor, name: str) -> Tensor:
        return keras.layers.LayerNormalization(epsilon=1e-5, name=name, dtype=dtype)(x)

    def block(x: Tensor, key: Tensor, name: str) -> Tensor:
        seen = norm(x, f"{name}_attention_norm")
        attention = keras.layers.MultiHeadAttention(heads, width // heads, name=f"{name}_attention", dtype=dtype)
        x = x + drop(attention(seen, seen, use_causal_mask=True), key)
        hidden = keras.layers.Dense(nonlinearity.width(expansion * width), name=f"{name}_hidden", dtype=dtype)
        hidden = nonlinearity.layer(f"{name}_activation", dtype)(hidden(norm(x, f"{name}_hidden_norm")))
        return x + drop(keras.layers.Dense(width, name=f"{name}_projection", dtype=dtype)(hidden), key)

    def connect(x: Tensor, key: Tensor) -> Tensor:
        x = keras.layers.Embedding(inputs.symbols, width, name="embedding", dtype=dtype)(x)
        x = drop(Positions(inputs.shape[0], width, name="positions", dtype=dtype)(x), key)
        for number in range(layers):
            x = block(x, key, f"block_{number}")
        return output.layer(inputs)(norm(x, "final_norm"))

    return from_graph("transformer", connect, inputs, weights, output.output_activation)


def check_sizes(inputs: Inputs, heads: int, width: int) -> None:
    """Raise ConfigError unless examples are sequences of ids and ``heads`` divides ``width``."""
    if not inputs.symbols:
        raise ConfigError(
            "`model=transformer` needs sequences of ids. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take dataset=text."
        )
    if width % heads:
        raise ConfigError(
            f"`model.width` must be a multiple of model.heads. Received: model.width={width} and model.heads={heads}."
        )


class Positions(keras.layers.Embedding):  # type: ignore[misc]
    """Adds a learned embedding of each position: (batch, length, width) -> (batch, length, width)."""

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the inputs."""
        return input_shape

    def call(self, inputs: Tensor) -> Tensor:
        """(batch, length, width) -> (batch, length, width)."""
        return inputs + tf.cast(tf.convert_to_tensor(self.embeddings), inputs.dtype)
