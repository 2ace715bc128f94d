"""The globals that a function reads. They are part of what it computes, wherever in the function they are read."""

import dis
import types
from collections.abc import Iterator
from typing import Any


def globals_read(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The globals that a function and its inner functions read, by name, sorted."""
    names = set(global_names(function.__code__))
    yield from ((name, function.__globals__[name]) for name in sorted(names) if name in function.__globals__)


def global_names(code: types.CodeType) -> Iterator[str]:
    """The names of the globals in a code object and in the code objects nested in it."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from global_names(constant)
