"""Cast configuration values to declared types, and describe types in words.

Supported types: ``float``, ``int``, ``bool``, ``str``, None, ``Literal``, lists and dicts of these, and
unions.
"""

import math
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from optbench.config.environment_values import marked, reference_of

REFUSED = object()  # returned by :func:`cast` if a value has the wrong type


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The members of a union type, or the type itself if it is not a union."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def cast(hint: Any, value: Any) -> Any:
    """Cast ``value`` to type ``hint``; ``REFUSED`` if it has the wrong type."""
    if hint is Any:
        return value
    if get_origin(hint) is Literal:
        return value if isinstance(value, str) and value in get_args(hint) else REFUSED
    if get_origin(hint) is list:
        return _cast_list(get_args(hint)[0], value)
    if get_origin(hint) is dict:
        return _cast_dict(hint, value)
    kinds = alternatives(hint)
    if kinds == (hint,):
        return _cast_scalar(hint, value)
    return next((found for kind in kinds if (found := cast(kind, value)) is not REFUSED), REFUSED)


def _cast_list(member: Any, value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return REFUSED
    found = [cast(member, v) for v in value]
    return REFUSED if any(each is REFUSED for each in found) else found


def _cast_dict(hint: Any, value: Any) -> Any:
    key, member = get_args(hint)
    if not isinstance(value, Mapping):
        return REFUSED
    found = {cast(key, _key_text(k) if key is str else k): cast(member, v) for k, v in value.items()}
    return REFUSED if REFUSED in found or any(v is REFUSED for v in found.values()) else found


def _key_text(key: Any) -> Any:
    """A dictionary key as text: YAML reads the key of ``{0: 1.5}`` as a number."""
    return str(key) if isinstance(key, int) and not isinstance(key, bool) else key


def _cast_scalar(kind: Any, value: Any) -> Any:
    if kind in (None, types.NoneType):
        return None if value is None else REFUSED
    if kind is float:
        return _as_float(value) if isinstance(value, int | float) and not isinstance(value, bool) else REFUSED
    if kind is int:
        whole = _as_integer(value)
        return whole if isinstance(whole, int) and not isinstance(whole, bool) else REFUSED
    if kind in (bool, str):
        return value if isinstance(value, kind) else REFUSED
    return REFUSED


def _as_integer(value: Any) -> Any:
    """Convert an integral float, such as ``1e3``, to an integer. Other values are returned unchanged."""
    is_whole = isinstance(value, float) and value.is_integer()
    return _with_reference(int(value), value) if is_whole else value


def _as_float(value: float) -> float:
    """Convert a number to a float; an integer with hundreds of digits becomes infinite."""
    try:
        found = float(value)
    except OverflowError:
        found = math.inf if value > 0 else -math.inf
    return _with_reference(found, value)  # type: ignore[no-any-return]


def _with_reference(number: Any, given: Any) -> Any:
    """Give ``number`` the reference of ``given``, from which it was parsed, if that came from the environment."""
    reference = reference_of(given)
    return number if reference is None else marked(number, reference)


def describe_type(hint: Any) -> str:
    """What a value must be, in words; an empty string if there is no description of the type."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        return f"one of {', '.join(choices)}" if len(choices) > 1 else str(choices[0])
    if get_origin(hint) is list:
        return "a list, each member " + describe_type(get_args(hint)[0])
    if get_origin(hint) is dict:
        return "names with values, {name: value, ...}"
    kinds = alternatives(hint)
    if kinds != (hint,):
        described = (describe_type(kind) for kind in kinds)
        return " or ".join(words for words in described if words)
    words = {float: "a number", int: "a whole number", bool: "true or false", str: "a text", types.NoneType: "null"}
    return words.get(hint, "")
