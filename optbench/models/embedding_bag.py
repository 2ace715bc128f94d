"""The mean of the embeddings of an example's ids, and a dense layer."""

from typing import Annotated

import keras

from optbench.config.parameters import AtLeastOne
from optbench.errors import ConfigError
from optbench.models._layers import Dropout, DropoutRate, connect_layers
from optbench.models.base import Inputs, Model, Output, Tensor, Weights, from_graph


def embedding_bag(
    inputs: Inputs,
    width: Annotated[int, AtLeastOne] = 16,
    dropout: DropoutRate = 0.0,
    output: Output = Output(),
    weights: Weights = Weights(initializer="truncated_normal", stddev=0.1),
) -> Model:
    """An embedding of each id, averaged over an example, and a linear layer.

    .. math:: \\text{outputs} = W \\, \\frac1n \\sum_i E[x_i] + b

    The order of ids has no effect. Gradients of embeddings are dense: rules that average gradients update all
    embeddings at each step, including those of ids that are not in the batch.

    Args:
        inputs: the data to fit: examples of ids.
        width: dimension of the embedding, at least 1.
        dropout: rate of dropout on the mean, in [0, 1).
        output: the output layer, see :class:`optbench.models.base.Output`.
        weights: how initial weights are drawn, see :class:`optbench.models.initializers.Weights`.

    Raises:
        ConfigError: examples are not ids.

    Source: Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016, "fastText".
    """
    if not inputs.ids:
        raise ConfigError(
            "`model=embedding_bag` needs ids, with one target for all of an example. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take dataset=passages, or model=mlp."
        )
    dtype = inputs.dtype
    layers = [
        keras.layers.Embedding(inputs.ids, width, name="embedding", dtype=dtype),
        keras.layers.GlobalAveragePooling1D(name="mean", dtype=dtype),
        *([Dropout(dropout, 0, dtype)] if dropout else []),
        output.layer(inputs),
    ]

    def connect(x: Tensor, key: Tensor) -> Tensor:
        return connect_layers(layers, x, key)

    return from_graph("embedding_bag", connect, inputs, weights, output.output_activation, takes_ids=True)
