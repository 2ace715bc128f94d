"""Read a finite ``tf.data.Dataset``, batched or not, into arrays."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.errors import ConfigError, describe_error
from optbench.runtime.user_exits import contained

Array = NDArray[Any]
GIB = 2**30


def read_tensors(data: tf.data.Dataset, what: str, memory: float | None) -> tuple[Any, Array]:
    """Read all examples of a data set of (inputs, targets).

    Its elements are batches if inputs and targets have a leading axis of the same size, and this size is unknown or
    inputs have further axes; otherwise, they are examples.

    Args:
        data: a finite data set; inputs may be one tensor, a tuple or a dict.
        what: its name in messages.
        memory: limit in bytes for the arrays; None for no limit.

    Returns:
        inputs and targets, (examples, ...).

    Raises:
        ConfigError: it is infinite, its elements are not pairs, or it exceeds the memory limit.
    """
    check_elements(data, what)
    batched = is_batched(data.element_spec)
    count = int(data.cardinality())
    rows: list[Any] = []
    size = 0
    for element in elements(data, what):
        rows.append(element)
        size += sum(array.nbytes for array in tf.nest.flatten(element))
        expected = size / len(rows) * max(count, len(rows))
        if memory is not None and expected > memory:
            more = "" if count > 0 else "more than "
            raise ConfigError(
                f"`{what}` is read into memory, so it must fit. Received: {more}{expected / GIB:.2g} GiB, and memory "
                f"allows {memory / GIB:.2g} GiB. Give fewer examples, or more memory=GiB."
            )
    if not rows:
        raise ConfigError(f"`{what}` must hold examples. Received: an empty tf.data.Dataset. Give data.")
    join = np.concatenate if batched else np.stack
    try:
        x, y = tf.nest.map_structure(lambda *arrays: join(arrays), *rows)
    except ValueError as error:
        raise ConfigError(
            f"Examples of `{what}` must have one shape. Received: {error}. Pad or crop them, as padded_batch does."
        ) from None
    return x, y


def check_elements(data: tf.data.Dataset, what: str) -> None:
    """Raise unless a data set is finite and consists of pairs of dense tensors."""
    if int(data.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise ConfigError(
            f"`{what}` is read into memory, so it must end. Received: a tf.data.Dataset that repeats for ever. "
            "Leave repeat() out."
        )
    spec = data.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2:
        found = f"{len(spec)} parts" if isinstance(spec, tuple | dict) else "a single tensor"
        raise ConfigError(
            f"`{what}` must be a tf.data.Dataset of (inputs, targets). Received: elements of {found}. "
            "Map them to pairs; several inputs are a tuple or a dict in the first part."
        )
    odd = next((s for s in tf.nest.flatten(spec) if not isinstance(s, tf.TensorSpec)), None)
    if odd is not None:
        raise ConfigError(f"`{what}` must hold dense tensors. Received: {type(odd).__name__}. Call to_tensor() or pad.")


def elements(data: tf.data.Dataset, what: str) -> Iterator[Any]:
    """The elements as NumPy arrays, with strings as texts. Errors of user functions are reported on one line."""
    try:
        with contained():
            for element in data.as_numpy_iterator():
                yield tf.nest.map_structure(as_texts, element)
    except Exception as error:  # the user's functions run here
        raise ConfigError(f"`{what}` must hold examples. Received: {describe_error(error)}. Correct it.") from None


def as_texts(value: Any) -> Array:
    """Convert to an array; bytes become texts."""
    array = np.asarray(value)
    return np.char.decode(array.astype(bytes), "utf8", "replace") if array.dtype.kind in "OS" else array


def is_batched(spec: Any) -> bool:
    """Whether elements are batches, according to the ranks and leading axes of their tensors."""
    x, y = tf.nest.flatten(spec[0]), tf.nest.flatten(spec[1])
    shapes = [tensor.shape for tensor in (*x, *y)]
    if any(shape.rank in (None, 0) for shape in shapes):
        return False
    leading = {shape[0] for shape in shapes}
    if leading == {None}:
        return True
    return len(leading) == 1 and all(tensor.shape.rank > 1 for tensor in x)
