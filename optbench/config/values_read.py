"""The values that a function reads from outside, as text: globals, closure and defaults."""

import hashlib
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, get_origin

from optbench.config.globals_read import globals_read
from optbench.config.mathematics import counts


class Unidentified(Exception):
    """A value that has no digest."""


def values_of(function: Callable[..., Any]) -> str:
    """A text of the values that a function and its inner functions read from outside: globals, closure and defaults.

    Raises:
        Unidentified: a value is not plain data, an array, a function or a class.
    """
    return _describe(function, set())


def _describe(value: Any, seen: set[int]) -> str:
    """A text that is equal for equal values and different for different values."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return f"{type(value).__name__}:{value!r}"
    if isinstance(value, types.ModuleType):
        return f"module:{value.__name__}"
    if id(value) in seen:
        return "..."
    seen = {*seen, id(value)}
    if isinstance(value, list | tuple | set | frozenset):
        members = [_describe(member, seen) for member in value]
        return f"{type(value).__name__}:{sorted(members) if isinstance(value, set | frozenset) else members}"
    if isinstance(value, Mapping):
        return f"mapping:{sorted((_describe(k, seen), _describe(v, seen)) for k, v in value.items())}"
    if get_origin(value) is not None:  # a type, such as list[Tensor], in the annotations of an inner function
        return f"type:{value!r}"
    if callable(value):
        return _describe_callable(value, seen)
    if hasattr(value, "__array__"):
        import numpy as np  # imported only if a value may be an array

        array = np.asarray(value)
        if array.dtype != object:
            return f"array:{array.dtype}{array.shape}{hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()}"
    raise Unidentified(f"{type(value).__name__} is no plain data")


def _describe_callable(value: Any, seen: set[int]) -> str:
    name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    if isinstance(value, types.FunctionType) and counts(value.__module__):
        found = inspect.getclosurevars(value) if _has_closure_vars(value) else None
        if found is None:
            raise Unidentified(f"{name} has a closure that is not filled yet")
        parts = {**dict(globals_read(value)), **found.nonlocals, "": [value.__defaults__, value.__kwdefaults__]}
        return f"function:{name}:{_describe(parts, seen)}"
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        return f"name:{name}"
    raise Unidentified(f"{name or type(value).__name__} is an object that can be called")


def _has_closure_vars(function: types.FunctionType) -> bool:
    """Whether all cells of a closure have a value."""
    try:
        inspect.getclosurevars(function)
    except ValueError:
        return False
    return True
