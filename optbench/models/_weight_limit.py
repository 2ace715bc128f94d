"""Count the weights of Keras layers before they are allocated, so that a model that is too large is rejected."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from optbench.models._shared_patch import SharedPatch
from optbench.runtime.memory import check_fits

_building = threading.local()  # bytes of the model that a thread builds


def counting(originals: Mapping[str, Any]) -> Mapping[str, Any]:
    """``add_weight`` that counts the weights that a thread adds while it builds a model."""
    original: Callable[..., Any] = originals["add_weight"]

    def add_weight(self: Any, shape: Any = None, *arguments: Any, **keywords: Any) -> Any:
        """Add a weight, if it fits."""
        count_weight(shape)
        return original(self, shape, *arguments, **keywords)

    return {"add_weight": add_weight}


def count_weight(shape: Any) -> None:
    """Count a weight of the model that this thread is building, if any.

    Raises:
        ConfigError: the weights do not fit into memory.
    """
    if getattr(_building, "size", None) is None:
        return
    sides = shape if isinstance(shape, list | tuple) else (shape,)
    _building.size += 4.0 * float(np.prod([float(side) for side in sides if isinstance(side, int | np.integer)]))
    name = _building.name
    check_fits(_building.size, f"The weights of the model {name}", f"model={name}", "Make its layers smaller.")


PATCH = SharedPatch(keras.layers.Layer, ("add_weight",), counting)


@contextmanager
def weights_that_fit(name: str) -> Iterator[None]:
    """Reject weights that do not fit into memory while a model is built.

    Args:
        name: the name of the model, for messages.
    """
    with PATCH.applied():
        _building.size, _building.name = 0.0, name
        try:
            yield
        finally:
            _building.size = None
