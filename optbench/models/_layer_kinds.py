"""The kind of layer of each parameter, for rules that treat layers differently."""

import keras

from optbench.spec.parameter_names import LayerKind

KINDS: dict[str, LayerKind] = {
    **dict.fromkeys(("Dense", "EinsumDense"), "dense"),
    **dict.fromkeys(("Embedding", "ReversibleEmbedding"), "embedding"),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "LSTMCell", "GRUCell", "SimpleRNNCell"), "recurrence"),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "ConvLSTMCell"), "recurrence"),
    **dict.fromkeys(("MultiHeadAttention", "GroupedQueryAttention", "Attention", "AdditiveAttention"), "attention"),
    **dict.fromkeys(("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"), "norm"),
}


def layer_kinds(network: keras.Model) -> tuple[LayerKind, ...]:
    """The kind of the outermost known layer that contains each trainable variable; ``other`` if there is none."""
    found: dict[int, LayerKind] = {}
    for layer in network._flatten_layers():
        kind = kind_of_layer(layer)
        if kind is not None:
            found |= {id(variable): kind for variable in layer.trainable_variables if id(variable) not in found}
    return tuple(found.get(id(variable), "other") for variable in network.trainable_variables)


def kind_of_layer(layer: keras.Layer) -> LayerKind | None:
    """The kind of a layer by its class, or by the nearest Keras base class."""
    for code in type(layer).__mro__:
        if code.__module__.startswith("keras."):
            return "convolution" if "Conv" in code.__name__ and code.__name__ not in KINDS else KINDS.get(code.__name__)
    return None
