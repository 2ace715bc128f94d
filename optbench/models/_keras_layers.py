"""What Keras layers imply for a program: how it is compiled, and whether its runs train side by side.

dense          layers that ``tf.vectorized_map`` is known to vectorize over lanes; XLA
convolution    convolutions and poolings; one lane, graph mode on a CPU
recurrence     recurrent layers; one lane, graph mode
other          all other layers, including users' own; one lane, graph mode
"""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import keras

from optbench.models.base import Compute


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


DENSE = words("""
    InputLayer Dense EinsumDense Embedding Identity Masking Activation ReLU LeakyReLU PReLU ELU Softmax
    Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout AlphaDropout
    ActivityRegularization BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization
    Flatten Reshape Permute RepeatVector Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    MultiHeadAttention GroupedQueryAttention Attention AdditiveAttention
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalMaxPooling3D Rescaling Normalization Sequential Functional
""")
CONVOLUTIONS = words("""
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
    SeparableConv1D SeparableConv2D MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D
    AveragePooling3D UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D
    Cropping2D Cropping3D
""")
RECURRENCES = words("""
    LSTM GRU SimpleRNN RNN Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D LSTMCell GRUCell SimpleRNNCell StackedRNNCells
""")
OPERATIONS = words("""
    Add Subtract Multiply TrueDivide Divide Negative Absolute Square Sqrt Exp Log Log1p Power Maximum Minimum Mean Sum
    Max Min Reshape Transpose Squeeze ExpandDims Concatenate Matmul Relu Softmax Sigmoid Tanh Gelu Silu Cast GetItem
""")  # operations of keras.ops between the layers of a functional model
NOT_IN_XLA = words("""
    RandomRotation RandomTranslation RandomZoom RandomShear RandomPerspective RandomElasticTransform AugMix
    RandAugment Hashing HashedCrossing StringLookup IntegerLookup TextVectorization
""")  # layers with operations that XLA does not support
PASSING = words("Dropout Flatten Reshape Permute Identity ActivityRegularization RepeatVector")
UNBOUNDED = words("BatchNormalization LayerNormalization GroupNormalization")
ACTIVATION_PARTS = words("Softmax Sigmoid Relu ReLU Tanh LeakyReLU ELU PReLU")
INNER_FUNCTIONS = (  # attributes of layers that may hold a user's function
    "activation",
    "recurrent_activation",
    "activity_regularizer",
    "kernel_regularizer",
    "bias_regularizer",
    "embeddings_regularizer",
    "recurrent_regularizer",
    "gamma_regularizer",
    "beta_regularizer",
    "depthwise_regularizer",
    "pointwise_regularizer",
)


def is_kerass(part: Any) -> bool:
    """Whether a layer, an operation or a function is one of Keras's own; true for None."""
    code = part if inspect.isroutine(part) else type(part)
    return part is None or str(getattr(code, "__module__", "")).startswith("keras.")


def compute_of(network: keras.Model) -> Compute:
    """The kind of a model's layers, which determines how it is compiled. See :class:`optbench.models.base.Model`."""
    kinds = {kind_of(part) for part in parts_of(network)}
    order: tuple[Compute, ...] = ("other", "recurrence", "convolution")
    return next((kind for kind in order if kind in kinds), "dense")


def kind_of(part: Any) -> Compute:
    """The kind of one layer, or of one operation of a functional model."""
    name = type(part).__name__
    if not is_kerass(part):
        return "other"
    if not isinstance(part, keras.Layer):
        return "dense" if name in OPERATIONS else "other"
    if any(not is_kerass(getattr(part, name, None)) for name in INNER_FUNCTIONS):
        return "other"
    if name in RECURRENCES:
        return "recurrence"
    if name in CONVOLUTIONS:
        return "convolution"
    return "dense" if name in DENSE else "other"


def parts_of(network: keras.Model) -> Iterator[Any]:
    """The model itself, all layers inside it, and the operations between layers of functional models."""
    yield network
    for layer in all_layers(network):
        yield layer
        if isinstance(layer, keras.Model):
            yield from operations_of(layer)
    yield from operations_of(network)


def all_layers(network: keras.Layer) -> list[keras.Layer]:
    """Every layer inside a model, including those inside other layers."""
    return list(network._flatten_layers(include_self=False))


def operations_of(network: keras.Model) -> list[Any]:
    """The operations of a functional model that are not layers."""
    return [part for part in getattr(network, "operations", []) if not isinstance(part, keras.Layer)]


def describe_layers(network: keras.Model, named_here: bool) -> list[str]:
    """The class of each part of a model, and its Keras configuration, for the identity of the model.

    Args:
        network: the model.
        named_here: whether automatic names of its layers were numbered from zero. Otherwise, they differ between
            processes, and the configuration, which contains them, is left out.
    """
    return [*(type(part).__name__ for part in parts_of(network)), configuration_of(network) if named_here else ""]


def configuration_of(network: keras.Model) -> str:
    """The Keras configuration of a model as JSON, which includes values read from files. Empty if it has none."""
    try:
        return json.dumps(network.get_config(), sort_keys=True)
    except Exception:  # a user's layer may have no configuration, or one that is not plain data
        return ""


def graph_only(network: keras.Model) -> tuple[str, ...]:
    """The layers of a model that XLA cannot compile, in words."""
    return tuple(
        f"{layer.name} ({name})" for layer in all_layers(network) if (name := type(layer).__name__) in NOT_IN_XLA
    )


def output_activation(network: keras.Model) -> str:
    """The name of the activation function that produces a model's outputs.

    Returns:
        ``linear``, ``softmax``, ``sigmoid``, the name of another Keras function, or ``unknown``.
    """
    return activation_of_model(network)


def activation_of_model(network: keras.Model) -> str:
    """The activation of the last part of a Sequential or functional model; unknown for other models."""
    if isinstance(network, keras.Sequential):
        return activation_of_row(network.layers)
    try:
        (output,) = keras.tree.flatten(network.output)
        return activation_of_tensor(output)
    except (AttributeError, ValueError):
        return "unknown"


def activation_of_row(layers: list[keras.Layer]) -> str:
    """The activation of the last of several consecutive layers that changes values."""
    for layer in reversed(layers):
        if type(layer).__name__ not in PASSING:
            return activation_of_part(layer)
    return "unknown"


def activation_of_tensor(tensor: Any) -> str:
    """The activation of the part of a functional model that produces a tensor, or of the first part before it."""
    part, node, _ = tensor._keras_history
    if type(part).__name__ in PASSING:
        return activation_of_tensor(part._inbound_nodes[node].input_tensors[0])
    return activation_of_part(part)


def activation_of_part(part: Any) -> str:
    """The activation of one layer or operation."""
    name = type(part).__name__
    if isinstance(part, keras.Model):
        return activation_of_model(part)
    if not is_kerass(part):
        return "unknown"
    if name == "Softmax" and getattr(part, "axis", -1) != -1:
        return "unknown"
    if name in ACTIVATION_PARTS:
        return name.lower()
    if name in UNBOUNDED:
        return "linear"
    return name_of_activation(part.activation) if hasattr(part, "activation") else "unknown"


def name_of_activation(function: Any) -> str:
    """The name of a Keras activation function; ``unknown`` for others."""
    if function is None:
        return "linear"
    name = getattr(function, "__name__", "")
    ours = getattr(keras.activations, name, None) is function
    return name if ours else "unknown"
