"""Match the inputs of a Keras model with the arrays of the data.

by name      if the names are the same: {"image": ..., "text": ...} for keras.Input(name="image"), ...
by order     otherwise
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from optbench.errors import ConfigError
from optbench.models.base import Inputs, NamedInput

Tensor = Any
Arrange = Callable[[Any], Any]


def arrange_inputs(network: keras.Model, inputs: Inputs, what: str) -> Arrange:
    """Return a function that converts the data's ``x``, a tensor or a dict of tensors, to the argument of the model.

    A subclassed model, which declares no inputs, is called with ``x`` itself.

    Args:
        network: the model.
        inputs: the data.
        what: the model in words, for messages.

    Raises:
        ConfigError: the number of inputs or a shape differs.
    """
    structure = declared_inputs(network)
    if structure is None:
        return lambda x: x
    names = match_names(list(keras.tree.flatten(structure)), inputs.arrays, what)

    def arrange(x: Any) -> Any:
        arrays = x if isinstance(x, dict) else {inputs.arrays[0].name: x}
        return keras.tree.pack_sequence_as(structure, [arrays[name] for name in names])

    return arrange


def declared_inputs(network: keras.Model) -> Any:
    """The symbolic inputs of a functional or Sequential model, a tensor or a structure; None for other models."""
    try:
        return network.inputs[0] if isinstance(network, keras.Sequential) else network.input
    except (AttributeError, ValueError):
        return None


def match_names(declared: list[Any], arrays: tuple[NamedInput, ...], what: str) -> list[str]:
    """Return the name of the array for each input of the model."""
    if len(declared) != len(arrays):
        raise mismatch(declared, arrays, what, f"{count(declared)} where the data have {len(arrays)}")
    own, given = [tensor.name for tensor in declared], [array.name for array in arrays]
    names = own if sorted(own) == sorted(given) else given
    by_name = {array.name: array for array in arrays}
    for tensor, name in zip(declared, names, strict=True):
        if not fits(tuple(tensor.shape[1:]), by_name[name].shape):
            raise mismatch(declared, arrays, what, "another shape than the data")
    return names


def mismatch(declared: list[Any], arrays: tuple[NamedInput, ...], what: str, how: str) -> ConfigError:
    """The error that lists the inputs of the model and the data."""
    model = ", ".join(f"{t.name} {format_example(tuple(t.shape[1:]))}" for t in declared)
    data = ", ".join(f"{a.name} {format_example(a.shape)}" for a in arrays)
    return ConfigError(
        f"The inputs of the model of {what} must fit the data: it has {how}. "
        f"Received: model inputs {model}; data {data}. "
        "Give the function an argument `input_shape`, and name inputs as the data are named."
    )


def fits(declared: tuple[int | None, ...], given: tuple[int, ...]) -> bool:
    """Whether examples fit a model whose input has this shape. A last axis of size 1 may be left out."""
    if len(declared) == len(given):
        return all(a in (None, b) for a, b in zip(declared, given, strict=True))
    longer, shorter = sorted((declared, given), key=len, reverse=True)
    return len(longer) == len(shorter) + 1 and longer[-1] == 1 and fits(longer[:-1], shorter)  # type: ignore[arg-type]


def format_example(shape: tuple[int | None, ...]) -> str:
    """The shape of one example as text: ``28x28x1``."""
    return "x".join("any" if size is None else str(size) for size in shape) or "()"


def count(declared: list[Any]) -> str:
    """The number of inputs, in words."""
    return "one input" if len(declared) == 1 else f"{len(declared)} inputs"


def batch_of(inputs: Inputs, generator: np.random.Generator | None = None, examples: int = 2) -> Any:
    """A batch in the form of the data's ``x``: zeros, or standard normal numbers; integers are 0."""

    def array(of: NamedInput) -> Tensor:
        if generator is None or not tf.as_dtype(of.dtype).is_floating:
            return tf.zeros([examples, *of.shape], of.dtype)
        return tf.constant(generator.normal(size=(examples, *of.shape)), of.dtype)

    batch = {of.name: array(of) for of in inputs.arrays}
    return batch if len(inputs.named) > 1 else next(iter(batch.values()))
