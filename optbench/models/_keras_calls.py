"""Calls of a Keras model as pure functions: parameters and state in, outputs, new state and penalties out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from optbench.errors import ConfigError
from optbench.models._keras_errors import describe_keras_error, framed_reason
from optbench.models._keras_inputs import Arrange
from optbench.models._keras_random import CounterDraws, drawing
from optbench.models.base import Inputs
from optbench.runtime.user_exits import contained

Tensor = Any
# operations whose outputs use no memory of their own
VIEWS = frozenset(
    {"Const", "Placeholder", "Identity", "Reshape", "Squeeze", "ExpandDims", "ReadVariableOp"}
)  # no new memory
TRIAL_EXAMPLES = 2  # size of the batch with which a model is tried before training


ADVICE = "Keras must be able to call it as model(x, training=True) on such a batch, without changing its variables."


class CallResult(NamedTuple):
    """The return value of a model for a batch."""

    outputs: Any
    state: list[Tensor]
    losses: list[Tensor]  # from regularizers and ``add_loss``


class StatelessNetwork(NamedTuple):
    """A Keras model whose variables are never modified: their values are arguments of each call.

    The model is called as Keras calls it (``model(x, training=...)``), so that layers inside a subclassed model know
    whether they are in training mode.
    """

    network: keras.Model
    arrange: Arrange
    dtype: str

    def call(self, params: Sequence[Tensor], state: Sequence[Tensor], x: Any, training: bool, seed: Any) -> CallResult:
        """Call the model; ``seed`` is a key of random numbers, uint32 (2,), or None."""
        trained, others = self.network.trainable_variables, self.network.non_trainable_variables
        values = [*zip(trained, params, strict=True), *zip(others, state, strict=True)]
        key = tf.zeros([2], tf.uint32) if seed is None else seed
        with drawing(CounterDraws(key)), keras.StatelessScope(values, collect_losses=True) as scope:
            outputs = self.network(self.arrange(x), training=training)
            losses = list(self.network.losses)
        return CallResult(outputs, [scope.get_current_value(v) for v in others], losses)

    def apply(self, params: list[Tensor], state: list[Tensor], x: Any, training: bool, seed: Any) -> Any:
        """Return outputs and state, see :class:`optbench.models.base.Model`."""
        result = self.call(params, state, x, training, seed)
        return tf.cast(result.outputs, self.dtype), result.state

    def apply_with_penalty(self, params: list[Tensor], state: list[Tensor], x: Any, training: bool, seed: Any) -> Any:
        """Return outputs, state and the sum of the model's own losses, a scalar."""
        result = self.call(params, state, x, training, seed)
        losses = [tf.reduce_sum(tf.cast(loss, self.dtype)) for loss in result.losses]
        penalty = tf.add_n(losses) if losses else tf.zeros([], self.dtype)
        return tf.cast(result.outputs, self.dtype), result.state, penalty


class Trial(NamedTuple):
    """The properties of a traced training call."""

    shape: tuple[int | None, ...]  # of the outputs
    penalized: bool  # whether the model has losses of its own
    sizes: tuple[int, ...]  # sizes of the tensors that the call makes, for one example


def try_call(stateless: StatelessNetwork, inputs: Inputs, what: str) -> Trial:
    """Trace one training call and its gradient.

    Raises:
        ConfigError: the call fails, its output is not a single tensor, or does not depend on some parameter.
    """
    network, found = stateless.network, []

    def step(params: list[Tensor], state: list[Tensor], x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(params)
            result = stateless.call(params, state, x, True, tf.constant([0, 1], tf.uint32))
            outputs = single_output(result.outputs, what)
            total = tf.add_n([tf.reduce_sum(t) for t in (outputs, *(tf.cast(v, outputs.dtype) for v in result.losses))])
        sizes = forward_sizes(outputs.graph)
        unused = [
            v.path for v, g in zip(network.trainable_variables, tape.gradient(total, params), strict=True) if g is None
        ]
        found.append((Trial(tuple(outputs.shape), bool(result.losses), sizes), unused))
        return outputs

    try:
        with contained():
            tf.function(step, autograph=False).get_concrete_function(*specs_of(network, inputs))
    except ConfigError as error:
        raise ConfigError(framed_reason(error)) from None
    except Exception as error:  # a layer may raise any exception
        raise ConfigError(
            f"The model of {what} cannot be called on the data. Received: {describe_keras_error(error)}. {ADVICE}"
        ) from None
    trial, unused = found[-1]
    if unused:
        raise ConfigError(
            f"The outputs of the model of {what} must depend on each of its weights. Received: `{unused[0]}`, which "
            "has no part in them. Remove its layer, use it, or set its `trainable` to False."
        )
    return trial


def specs_of(network: keras.Model, inputs: Inputs) -> tuple[Any, ...]:
    """The tensor specs of parameters, state and a batch."""
    variables = network.trainable_variables, network.non_trainable_variables
    params, state = ([tf.TensorSpec(v.shape, v.dtype) for v in group] for group in variables)
    x = {a.name: tf.TensorSpec([TRIAL_EXAMPLES, *a.shape], a.dtype) for a in inputs.arrays}
    return params, state, x if len(inputs.named) > 1 else next(iter(x.values()))


def single_output(outputs: Any, what: str) -> Tensor:
    """The single real tensor that a model returns.

    Raises:
        ConfigError: it returns something else.
    """
    if not tf.is_tensor(outputs):
        found = type(outputs).__name__
        size = f" of {len(outputs)}" if isinstance(outputs, list | tuple | dict) else ""
        raise ConfigError(
            f"The model of {what} must have one output. Received: {found}{size}. Return the one that is trained."
        )
    if not outputs.dtype.is_floating:
        raise ConfigError(
            f"The outputs of the model of {what} must be real numbers. Received: {outputs.dtype.name}. "
            "Return scores or probabilities, not the class that they predict."
        )
    return outputs


def forward_sizes(graph: Any) -> tuple[int, ...]:
    """The sizes, for one example, of the real tensors in a graph whose first axis is the batch."""
    made = [t for op in graph.get_operations() if op.type not in VIEWS for t in op.outputs if t.dtype.is_floating]
    batches = [t.shape.as_list() for t in made if t.shape.rank and t.shape[0] == TRIAL_EXAMPLES]
    return tuple(int(np.prod([size or 1 for size in shape[1:]])) for shape in batches)
