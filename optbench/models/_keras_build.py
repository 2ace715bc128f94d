"""Build and check the Keras model that a user's function returns."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from optbench.config.parameters import unknown_name
from optbench.config.user_code import describe_code, describe_returned
from optbench.errors import ConfigError
from optbench.models._keras_errors import describe_keras_error
from optbench.models._keras_inputs import Arrange
from optbench.models.base import MIXED, Inputs
from optbench.runtime.user_exits import contained

Build = Callable[..., keras.Model]
ANSWER = "Write a function that returns the model: def my_model(input_shape, classes): return keras.Sequential([...])."


def build_network(build: Build | keras.Model, inputs: Inputs, keywords: Mapping[str, Any]) -> keras.Model:
    """Call the user's function with the arguments that it requests.

    Raises:
        ConfigError: an argument is missing or unknown, the function fails, or it returns something else.
    """
    if isinstance(build, keras.Model):
        return build
    arguments = choose_arguments(build, inputs, keywords)
    name = describe_code(build)
    try:
        with contained():
            network = build(**arguments)
    except ConfigError:
        raise
    except Exception as error:  # a function may raise any exception
        raise ConfigError(f"{name} failed. Received: {describe_keras_error(error)}. Correct the function.") from None
    if not isinstance(network, keras.Model):
        hint = "Return an instance, not the class." if inspect.isclass(network) else ANSWER
        raise ConfigError(
            f"`model.build` must return a keras.Model. Received: {describe_returned(network)} from {name}. {hint}"
        )
    return network


def offers(inputs: Inputs) -> dict[str, Any]:
    """The arguments that a function may request by name."""
    shapes = {array.name: array.shape for array in inputs.arrays}
    shape = shapes if len(shapes) > 1 else inputs.arrays[0].shape
    return {"inputs": inputs, "input_shape": shape, "outputs": inputs.outputs, "classes": inputs.classes}


def choose_arguments(build: Build, inputs: Inputs, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the user's function: those that it names, and the configured keywords.

    Raises:
        ConfigError: the function has no such keyword, or requires an argument that is not available.
    """
    name = describe_code(build)
    try:
        declared = inspect.signature(build).parameters
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The signature of {name} cannot be read: {error}. {ANSWER}") from None
    takes_any = any(p.kind is p.VAR_KEYWORD for p in declared.values())
    named = {n: p for n, p in declared.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    for keyword in keywords:
        if keyword not in named and not takes_any:
            raise ConfigError(unknown_name(f"`model.keywords.{keyword}` of {name}", keyword, named))
    arguments = {n: value for n, value in offers(inputs).items() if n in named} | dict(keywords)
    required = [
        n for n, p in declared.items() if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    missing = [n for n in required if n not in arguments]
    if missing:
        known = ", ".join(offers(inputs))
        raise ConfigError(
            f"{name} needs an argument `{missing[0]}`, which nothing gives. Received: model.keywords="
            f"{{{', '.join(keywords)}}}. Give model.keywords.{missing[0]}=..., or ask for one of: {known}."
        )
    return arguments


def build_variables(network: keras.Model, arrange: Arrange, batch: Any, what: str) -> None:
    """Make a model without weights create them: Sequential models without an input, and subclassed models.

    Args:
        network: the model.
        arrange: converts a batch to the argument of the model.
        batch: an example batch, in the form of the data's ``x``.
        what: the user's function in words.

    Raises:
        ConfigError: the model cannot be called.
    """
    try:
        if isinstance(network, keras.Sequential) and not network.built and tf.is_tensor(batch):
            network.build((None, *batch.shape[1:]))
        network(arrange(batch), training=False)
    except Exception as error:  # a layer may raise any exception
        raise ConfigError(
            f"The model of {what} cannot be called on the data. Received: {describe_keras_error(error)}. "
            "It must take batches of such examples."
        ) from None


def check_variables(network: keras.Model, inputs: Inputs, what: str) -> None:
    """Raise ConfigError if a model has no trainable weights, another precision, or a constraint."""
    if not network.trainable_variables:
        raise ConfigError(f"The model of {what} must have weights to train. Received: none. Set `trainable` to True.")
    for variable in network.trainable_variables:
        dtype = keras.backend.standardize_dtype(variable.dtype)
        if dtype != inputs.numbers:
            raise ConfigError(
                f"The weights of the model of {what} must be {inputs.numbers}, as `precision` says. "
                f"Received: `{variable.path}` of {dtype}. Build it inside the function, with Keras's default dtype."
            )
        if variable.constraint is not None:
            raise ConfigError(
                f"Constraints on weights are not supported. Received: {type(variable.constraint).__name__} on "
                f"`{variable.path}`. Remove it from the model of {what}, or use a regularizer."
            )


def check_repeatable(weights: Sequence[Any], again: keras.Model, what: str) -> None:
    """Raise ConfigError unless a function that provides weights returns the same ones when it is called again."""
    if not all(np.array_equal(a, b.numpy(), equal_nan=True) for a, b in zip(weights, again.weights, strict=False)):
        raise ConfigError(
            f"{what} must return the same weights each time. Received: other weights at its second call. "
            "Seed what it draws, load the weights from a file, or take model.initial_weights=drawn."
        )


def check_outputs(shape: Sequence[int | None], inputs: Inputs, what: str) -> None:
    """Raise ConfigError unless the outputs have the form that the data requires."""
    rank = 3 if inputs.symbols else 2
    allowed = [inputs.outputs, 1] if inputs.classes == 2 else [inputs.outputs]
    if len(shape) == rank and shape[-1] in allowed:
        return
    counts = " or ".join(map(str, allowed))
    wanted = f"(batch, length, {counts})" if inputs.symbols else f"(batch, {counts})"
    found = ", ".join(["batch", *("any" if size is None else str(size) for size in shape[1:])]) if shape else ""
    why = "one for each class" if inputs.classes else "one for each target"
    raise ConfigError(
        f"The outputs of the model of {what} must have the shape {wanted}, {why}. Received: ({found}). "
        "Give the function an argument `outputs` for the size of its last layer."
    )


@contextmanager
def default_precision(dtype: str) -> Iterator[None]:
    """Make Keras build layers of this dtype or policy, if it is not Keras's default."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    if dtype == before[0]:
        yield
        return
    keras.config.set_floatx("float32" if dtype == MIXED else dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])
