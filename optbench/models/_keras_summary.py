"""Keras's own table of a model's layers, as text.

Keras prints it with rich, which in a notebook also displays a separate output. Therefore rich is made to believe that
this is not a notebook.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import keras
import rich.console

from optbench.models._shared_patch import SharedPatch

WIDTH = 100  # width in characters
ASKED = threading.local()  # whether this thread needs only text


def only_outside(originals: Mapping[str, Any]) -> Mapping[str, Callable[[], bool]]:
    """Replace rich's check for a notebook, in threads that need only text."""
    return {"_is_jupyter": lambda: not getattr(ASKED, "text", False) and originals["_is_jupyter"]()}


PATCH = SharedPatch(rich.console, ("_is_jupyter",), only_outside)


def summary_of(network: keras.Model) -> str:
    """The table of the layers."""
    lines: list[str] = []
    with PATCH.applied():
        ASKED.text = True
        try:
            network.summary(line_length=WIDTH, print_fn=lambda text, **_: lines.append(text))
        finally:
            ASKED.text = False
    return "\n".join(lines)
