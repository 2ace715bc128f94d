"""Convert the Python values that name an item to configuration nodes.

"mlp"                             conf/model/mlp.yaml
{"mlp": {"hidden": [32]}}         the same with other arguments
my_function                       a dotted path, or the path of an object of this session
"""

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from optbench.config.items import item_names, read_item
from optbench.config.parameters import TARGET, Node, format_value
from optbench.config.session_identity import register_identified
from optbench.config.session_objects import SessionObject
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError

PLAIN_TEXT = re.compile(r"[A-Za-z_][\w./+-]*")  # needs no quotes on the command line


class NamedItem(NamedTuple):
    """An item of a configuration group, as part of a configuration."""

    stem: str  # its name in tables
    node: Node  # unchecked
    overrides: tuple[str, ...] | None = None  # command-line overrides that select it; None if there are none
    held: tuple[SessionObject, ...] = ()  # objects of this session that the node refers to

    @property
    def given(self) -> set[str]:
        """The dotted names of the given values."""
        return {override.partition("=")[0] for override in self.overrides or ()}


class NamedCode(NamedTuple):
    """A function or class with the path that identifies it in a node."""

    name: str
    path: str
    held: tuple[SessionObject, ...] = ()


def named_item(group: str, name: str, values: Mapping[str, Any] | None = None) -> NamedItem:
    """The item of a YAML file, with some of its arguments replaced.

    Raises:
        ConfigError: there is no such file.
    """
    node, values = read_item(group, name), plain(values or {})
    given = {f"{group}.{key}": value for key, value in values.items()}
    return NamedItem(name, {**node, **values}, add_values((f"{group}={name}",), given))


def read_item_argument(group: str, value: Any, from_code: Callable[[NamedCode], Node]) -> NamedItem:
    """The item that an argument describes.

    Args:
        group: the configuration group, such as ``model``.
        value: a name, ``{name: {argument: value}}``, or a function or class.
        from_code: function that makes the node of a function or class.

    Raises:
        ConfigError: it is none of these, or there is no such name.
    """
    if isinstance(value, str):
        return named_item(group, value)
    if is_named_with_values(value):
        name, values = next(iter(value.items()))
        return named_item(group, name, values)
    if callable(value):
        code = name_code(value)
        return NamedItem(code.name, from_code(code), None, code.held)
    raise ConfigError(
        f"`{group}` must be a name, {{name: {{argument: value}}}} or a function. "
        f"Received: {describe_returned(value)}. There is: {', '.join(item_names(group))}."
    )


def is_named_with_values(value: Any) -> bool:
    """Whether a value has the form ``{name: {argument: value}}``."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    ((name, values),) = value.items()
    return isinstance(name, str) and isinstance(values, Mapping)


def name_code(code: Callable[..., Any]) -> NamedCode:
    """The path of a function or class: its own if it can be imported elsewhere, otherwise that of a session object."""
    name = code_name(code)
    path = importable_path(code)
    if path is not None:
        return NamedCode(name, path)
    held = register_identified(code, "".join(c if c.isalnum() else "_" for c in name))
    return NamedCode(name, held.path, (held,))


def code_name(code: Any) -> str:
    """The name of a function or class in tables."""
    name = str(getattr(code, "__name__", type(code).__name__))
    return "function" if name == "<lambda>" else name


def importable_path(code: Any) -> str | None:
    """The dotted path from which another process would import the same object; None if there is none."""
    module, name = getattr(code, "__module__", None), getattr(code, "__qualname__", None)
    found = sys.modules.get(str(module))
    if found is None or module == "__main__" or not getattr(found, "__file__", None):
        return None
    return f"{module}.{name}" if getattr(found, str(name), None) is code else None


def target_node(code: NamedCode) -> Node:
    """The node that calls a function."""
    return {TARGET: code.path}


def plain(value: Any) -> Any:
    """Convert a value to configuration types: tuples to lists, NumPy scalars to Python numbers."""
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    return value


def add_values(overrides: tuple[str, ...] | None, values: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Command-line overrides with additional values; None if there is no command line."""
    if overrides is None:
        return None
    return (*overrides, *(f"{key}={override_value(value)}" for key, value in values.items()))


def join_overrides(*parts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Concatenate overrides; None if any part has no command line."""
    if any(part is None for part in parts):
        return None
    return tuple(override for part in parts if part is not None for override in part)


def override_value(value: Any) -> str:
    """Format a value for Hydra's command line."""
    if isinstance(value, list):
        return f"[{','.join(override_value(member) for member in value)}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{override_value(member)}" for key, member in value.items()) + "}"
    text = format_value(value)
    if isinstance(value, str) and not PLAIN_TEXT.fullmatch(text):
        return "'" + text.replace("'", "\\'") + "'"
    return text
