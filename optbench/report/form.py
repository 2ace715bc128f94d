"""Check that page content from a user's function has the declared types."""

import collections.abc
import dataclasses
from collections.abc import Sequence
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pandas as pd

from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError

WORDS = {str: "a string", int: "a whole number", bool: "True or False", pd.DataFrame: "a DataFrame"}


def check_form(value: Any, hint: Any, path: str) -> None:
    """Raise ConfigError unless a value, and all that it contains, has its declared type.

    Args:
        value: the value.
        hint: a type, a named tuple, a frozen dataclass, a sequence of these, ``Callable``, or one of these or None.
        path: the path of the value, for messages.
    """
    if get_origin(hint) is collections.abc.Sequence:
        expect(isinstance(value, Sequence) and not isinstance(value, str), "a list", value, path)
        for number, member in enumerate(value):
            check_form(member, get_args(hint)[0], f"{path}[{number}]")
    elif get_origin(hint) is collections.abc.Callable:
        expect(callable(value), "a function", value, path)
    elif isinstance(hint, UnionType):  # union of a type and None
        if value is not None:
            check_form(value, get_args(hint)[0], path)
    elif hint is float:
        expect(isinstance(value, float | int), "a number", value, path)
    else:
        expect(isinstance(value, hint), WORDS.get(hint) or f"a {hint.__name__}", value, path)
        hints = get_type_hints(hint, localns={"Figure": Any}) if is_record(hint) else {}
        for name in fields_of(hint):
            check_form(getattr(value, name), hints[name], f"{path}.{name}")


def fields_of(kind: Any) -> Sequence[str]:
    """Return the field names of a named tuple or a dataclass; empty for other types."""
    return getattr(kind, "_fields", ()) or [field.name for field in dataclasses.fields(kind)] if is_record(kind) else []


def is_record(kind: Any) -> bool:
    """Return whether a type is a named tuple or a dataclass."""
    return hasattr(kind, "_fields") or dataclasses.is_dataclass(kind)


def expect(is_right: bool, form: str, value: Any, path: str) -> None:
    """Raise ConfigError unless ``is_right``."""
    if not is_right:
        raise ConfigError(f"`{path}` must be {form}. Received: {describe_returned(value)}.")
