"""The type of a model: pure functions on lists of tensors, built from Keras layers.

    from_layers     layers in sequence
    from_graph      any graph of layers, with skip connections and branches

The layers define the structure, once. Each tensor has its own random stream for initial weights, so that these depend
neither on the order of drawing nor on models built earlier.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.parameters import AtLeastOne
from optbench.datasets.base import Dataset
from optbench.errors import ConfigError
from optbench.models._layer_kinds import layer_kinds
from optbench.models._layers import DRAWING, connect_layers
from optbench.models.activations import Nonlinearity, OutputActivation
from optbench.models.initializers import Initializer, Weights, initial_weights
from optbench.spec.parameter_names import LayerKind, ParameterName, describe_parameters

__all__ = [
    "MIXED",
    "Initializer",
    "Inputs",
    "Model",
    "NamedInput",
    "Nonlinearity",
    "Output",
    "Weights",
    "check_image",
    "check_reconstruction",
    "from_graph",
    "from_layers",
    "input_numbers",
    "inputs_of",
]

Tensor = Any
Arrays = list[NDArray[np.floating[Any]]]
MIXED = "mixed_bfloat16"  # Keras's policy for layers that compute in bfloat16, with weights in float32
Compute = Literal["dense", "convolution", "recurrence", "other"]


class NamedInput(NamedTuple):
    """One input array, as the model receives it."""

    name: str
    shape: tuple[int, ...]  # of one example
    dtype: str


class Inputs(NamedTuple):
    """The data that a model must fit: the shape of one example, the number of outputs, and the precision."""

    shape: tuple[int, ...]  # of one example; for several inputs, that of the first
    outputs: int
    dtype: str  # of layers, or :data:`MIXED`
    symbols: int = 0  # for a sequence of ids, the size of the vocabulary; there is an output at each position
    classes: int = 0  # 0 without classes
    named: tuple[NamedInput, ...] = ()  # every array, in order; a single one is named "x"
    are_targets: bool = False  # whether the outputs must reconstruct the inputs
    ids: int = 0  # for a single array of ids that is not a sequence: the number of ids

    @property
    def arrays(self) -> tuple[NamedInput, ...]:
        """Every input array, in order."""
        return self.named or (NamedInput("x", self.shape, self.dtype_of_x),)

    @property
    def dtype_of_x(self) -> str:
        """The dtype of a single input array."""
        return "int32" if self.symbols or self.ids else self.numbers

    @property
    def numbers(self) -> str:
        """The dtype of real inputs, of weights and of outputs."""
        return "float32" if self.dtype == MIXED else self.dtype


class Output(NamedTuple):
    """The output layer.

    Args:
        output_activation: ``linear`` for ``cross_entropy``, which includes the softmax; ``softmax`` for ``mse``;
            ``sigmoid``; ``tanh``.
        outputs: the number of outputs, at least 1. None is one per class or target; 1 with two classes is a binary
            problem.
    """

    output_activation: OutputActivation = "linear"
    outputs: Annotated[int | None, AtLeastOne] = None

    def layer(self, inputs: Inputs) -> keras.layers.Dense:
        """Return a dense layer that fits ``inputs``."""
        units = self.outputs or inputs.outputs
        return keras.layers.Dense(units, activation=self.output_activation, name="output", dtype=inputs.dtype)


class Model(NamedTuple):
    """A network as pure functions."""

    init: Callable[[str], tuple[Arrays, Arrays]]  # stream name -> parameters, state (both NumPy)
    apply: Callable[..., tuple[Tensor, list[Tensor]]]  # (params, state, x, training, seed) -> outputs, state; the seed
    #   is a key of random numbers, uint32 (2,), and is used in training only
    names: list[str]  # of the parameters, such as "dense_0/kernel"
    shapes: list[tuple[int, ...]]  # of the parameters
    outputs: int
    output_activation: str
    compute: Compute  # kind of its most expensive layers, which determines how it is compiled
    each_position: bool = False  # whether outputs are (batch, length, outputs), one row per position of a sequence
    place: Callable[[Arrays], NDArray[Any]] | None = None  # parameters -> their position, for a model that is a point
    activations: tuple[int, ...] = ()  # size of the output of each layer for one example
    state_names: tuple[str, ...] = ()  # names of the state's tensors, such as "norm/moving_mean"
    apply_with_penalty: Callable[..., tuple[Tensor, list[Tensor], Tensor]] | None = None  # as apply, and a scalar that
    #   is added to the data loss, such as regularizers of layers; None if there are none
    graph_only: tuple[str, ...] = ()  # names of the layers that XLA cannot compile
    text: str = ""  # a table of the layers, as printed by Keras
    notes: tuple[str, ...] = ()  # sentences for the user on how the model was interpreted
    kinds: tuple[LayerKind, ...] = ()  # kind of the layer of each parameter; empty if only names determine it
    identity: str = ""  # digest of what determines numbers besides configuration and code, such as given weights
    draws: bool = True  # whether training may use random numbers

    @property
    def parameters(self) -> int:
        """The number of trainable numbers."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    @property
    def parameter_names(self) -> tuple[ParameterName, ...]:
        """The name of each parameter, with the kind of its layer and its roles."""
        return describe_parameters(self.names, self.shapes, self.kinds)

    def examples_within(self, numbers: int) -> int:
        """The largest number of examples for which no layer has more than ``numbers`` outputs, at least 1."""
        return max(1, numbers // max(self.activations, default=1))

    @property
    def summary(self) -> list[tuple[str, tuple[int, ...], int]]:
        """Name, shape and size of each parameter tensor."""
        return [(n, s, int(np.prod(s))) for n, s in zip(self.names, self.shapes, strict=True)]


def inputs_of(dataset: Dataset, precision: str) -> Inputs:
    """Describe what a model must fit to train on ``dataset``: one output per class, target or number to reconstruct."""
    are_targets = dataset.kind == "reconstruction"
    outputs = input_numbers(dataset) if are_targets else dataset.classes or int(np.prod(dataset.train.y.shape[1:]))
    symbols = dataset.classes if dataset.kind == "sequence" else 0
    dtype = MIXED if precision == "bfloat16" else precision
    named = named_inputs(dataset, "float32" if dtype == MIXED else dtype)
    ids = dict(dataset.ids).get("x", 0)
    return Inputs(named[0].shape, outputs, dtype, symbols, dataset.classes, named, are_targets, ids)


def input_numbers(dataset: Dataset) -> int:
    """The number of numbers in an example of a data set with one input, as the model receives it."""
    return int(np.prod(named_inputs(dataset, "float32")[0].shape))


def named_inputs(dataset: Dataset, dtype: str) -> tuple[NamedInput, ...]:
    """Describe the input arrays as the model receives them, that is, after preparation."""

    def first_example(array: NDArray[Any]) -> Tensor:
        return tf.constant(array[:1].astype(dtype) if array.dtype.kind == "f" else array[:1])

    x = tf.nest.map_structure(first_example, dataset.train.x)
    x = dataset.finish(dataset.prepare(x, tf.as_dtype(dtype)))
    arrays = x if isinstance(x, dict) else {"x": x}
    return tuple(NamedInput(name, tuple(t.shape[1:]), t.dtype.name) for name, t in arrays.items())


def check_reconstruction(inputs: Inputs, model: str, loss: str) -> None:
    """Raise ConfigError unless the outputs must reconstruct the inputs."""
    if not inputs.are_targets:
        raise ConfigError(
            f"`model={model}` restores its inputs. Received: a loss that compares outputs with other targets. "
            f"Take loss={loss}, or another model."
        )


def check_inputs(name: str, inputs: Inputs, takes_ids: bool) -> None:
    """Raise ConfigError unless there is one input, which consists of numbers, or of ids if ``takes_ids``."""
    if inputs.shape == (0,):
        raise ConfigError(f"`model={name}` learns from inputs. Received: examples without any. Take model=point.")
    if len(inputs.named) > 1:
        names = ", ".join(array.name for array in inputs.named)
        raise ConfigError(f"`model={name}` has one input. Received: data with several: {names}. Take model=keras.")
    if inputs.ids and not takes_ids:
        raise ConfigError(
            f"`model={name}` needs numbers. Received: ids from 0 to {inputs.ids - 1}, whose size means nothing. "
            "Take model=embedding_bag."
        )


def check_image(inputs: Inputs, model: str, side: int = 1) -> None:
    """Raise ConfigError unless examples are images (height, width, channels) of at least ``side`` x ``side`` pixels."""
    if len(inputs.shape) != 3 or min(inputs.shape[:2]) < side:
        wanted = "images (height, width, channels)" if side == 1 else f"images of at least {side}x{side} pixels"
        raise ConfigError(
            f"`model={model}` needs {wanted}. Received: examples of shape "
            f"{'x'.join(map(str, inputs.shape))}. Take a data set of such images, or model=mlp."
        )


def from_layers(
    name: str, layers: list[keras.layers.Layer], inputs: Inputs, weights: Weights, compute: Compute = "dense"
) -> Model:
    """Build a :class:`Model` from Keras layers in sequence.

    Args:
        name: the model's name.
        layers: layers with unique names, which determine the random streams of their weights.
        inputs: the data that it must fit.
        weights: how initial weights are drawn.
        compute: see :class:`Model`.
    """
    return from_graph(name, partial(connect_layers, layers), inputs, weights, layers[-1].activation.__name__, compute)


def from_graph(
    name: str,
    connect: Callable[[Tensor, Tensor], Tensor],
    inputs: Inputs,
    weights: Weights,
    output_activation: str = "linear",
    compute: Compute = "dense",
    takes_ids: bool = False,
) -> Model:
    """Build a :class:`Model` from Keras layers connected by ``connect``.

    Args:
        name: the model's name.
        connect: (examples, key of random numbers) -> outputs, using Keras layers with unique names. The key is for
            layers with random numbers, such as :class:`optbench.models._layers.Dropout`.
        inputs: the data that it must fit.
        weights: how initial weights are drawn.
        output_activation: activation of the last layer.
        compute: see :class:`Model`.
        takes_ids: whether its input may be ids that are not a sequence.
    """
    check_inputs(name, inputs, takes_ids)
    x = keras.Input(inputs.shape, dtype=inputs.dtype_of_x)
    key = keras.Input(batch_shape=(2,), dtype="uint32")
    network = keras.Model([x, key], connect(x, key), name=name)

    def init(stream_name: str) -> tuple[Arrays, Arrays]:
        params = [initial_weights(stream_name, v, weights) for v in network.trainable_variables]
        return params, [v.numpy() for v in network.non_trainable_variables]

    def apply(params: list[Tensor], state: list[Tensor], x: Tensor, training: bool, seed: Tensor | None) -> Any:
        key = tf.zeros([2], tf.uint32) if seed is None else seed
        outputs, state = network.stateless_call(params, state, [x, key], training=training)
        return tf.cast(outputs, inputs.numbers), state

    return Model(
        init=init,
        apply=apply,
        names=[v.path for v in network.trainable_variables],
        shapes=[tuple(v.shape) for v in network.trainable_variables],
        outputs=network.output_shape[-1],
        output_activation=output_activation,
        compute=compute,
        each_position=len(network.output_shape) > 2,
        activations=output_sizes(network),
        state_names=tuple(v.path for v in network.non_trainable_variables),
        kinds=layer_kinds(network),
        draws=any(isinstance(layer, DRAWING) for layer in network.layers),
    )


def output_sizes(network: keras.Model) -> tuple[int, ...]:
    """Return the size of each layer's output for one example, without the inputs."""
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    return tuple(int(np.prod(layer.output.shape[1:])) for layer in layers)
