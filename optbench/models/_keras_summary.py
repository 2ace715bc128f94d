"""Keras's own table of a model's layers, as text.

Keras prints it with rich, which in a notebook also shows an output of its own. Therefore rich takes this for no
notebook.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import keras
import rich.console

from optbench.models._shared_patch import SharedPatch

WIDTH = 100  # characters
ASKED = threading.local()  # whether this thread wants text alone


def only_outside(originals: Mapping[str, Any]) -> Mapping[str, Callable[[], bool]]:
    """Replace rich's question whether this is a notebook, in threads that want text alone."""
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
