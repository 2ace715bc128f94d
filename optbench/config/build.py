"""From a node of configuration to an object: ``{"_target_": "package.module.function", **arguments}``.

The configuration arrives here as plain dictionaries; nothing in this file or below it knows Hydra. A node goes
through three steps, in this order:

    check(node)              names, types and ranges, before anything is built
    split(node)              its numbers (what a program takes as tensors) apart from its structure
    make(node, **context)    the call itself

Arguments may be nodes themselves, or lists of nodes; they are made first.
"""

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from optbench.config.moved import current_path
from optbench.config.parameters import TARGET, Node, check_arguments, defaults, parameters
from optbench.errors import ConfigError

NUMBER = {"_number_": True}  # stands in a structure where a float was; no value of a configuration is like it


def is_node(value: Any) -> bool:
    """Whether ``value`` names something to build."""
    return isinstance(value, Mapping) and TARGET in value


def locate(target: str) -> Callable[..., Any]:
    """Import ``package.module.function``.

    Raises:
        ConfigError: no such module, or nothing to call in it under this name.
    """
    module_name, _, name = current_path(str(target)).rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), name)
    except Exception as error:  # a module may raise anything while it is imported
        why = f"{type(error).__name__}: {error}"
        raise ConfigError(f"`_target_: {target}` cannot be imported: {why}. Write package.module.function.") from None
    if not callable(found):
        raise ConfigError(f"`_target_: {target}` is not a function. Write package.module.function.")
    return found  # type: ignore[no-any-return]


def check(node: Any, path: str, context: tuple[str, ...] = ()) -> Node:
    """Return ``node`` with every argument, defaults included, cast to its declared type.

    Args:
        node: what the configuration holds at ``path``.
        path: for messages, such as ``optimizer``.
        context: names of the arguments that :func:`make` will be given.

    Raises:
        ConfigError: see :func:`optbench.config.parameters.check_arguments`.
    """
    if not is_node(node):
        raise ConfigError(f"`{path}` must name what to build with `_target_`. Received: {path}={node}.")
    path_of_target = current_path(str(node[TARGET]))
    target = locate(path_of_target)
    given = {k: _map_nodes(v, partial(check, path=f"{path}.{k}")) for k, v in node.items() if k != TARGET}
    nodes = {k: v for k, v in given.items() if _holds_nodes(v)}
    leaves = check_arguments(target, {k: v for k, v in given.items() if k not in nodes}, path, (*context, *nodes))
    rest = {k: v for k, v in defaults(target).items() if k not in context}
    return {TARGET: path_of_target, **rest, **nodes, **leaves}


def targets(node: Node) -> list[str]:
    """The targets of a node: its own first, then those of the nodes inside it."""
    inner = [value for value in node.values() if is_node(value)]
    listed = [n for value in node.values() if isinstance(value, list) and _holds_nodes(value) for n in value]
    return [node[TARGET], *(target for n in (*inner, *listed) for target in targets(n))]


def split(node: Node, path: str) -> tuple[Node, dict[str, float]]:
    """Part a checked node into its structure and its numbers.

    Returns:
        the node with ``NUMBER`` in place of each float, and the floats by dotted path (``optimizer.learning_rate``).
    """
    declared = parameters(locate(node[TARGET]))
    structure: Node = {}
    floats: dict[str, float] = {}
    for name, value in node.items():
        if _holds_nodes(value):
            structure[name], inner = _split_nodes(value, f"{path}.{name}")
            floats |= inner
        elif name != TARGET and declared[name].is_float and isinstance(value, float):
            structure[name] = NUMBER
            floats[f"{path}.{name}"] = value
        else:
            structure[name] = value
    return structure, floats


def join(node: Node, floats: Mapping[str, Any], path: str) -> Node:
    """The inverse of :func:`split`; ``floats`` may hold tensors."""
    joined: Node = {}
    for name, value in node.items():
        where = f"{path}.{name}"
        if isinstance(value, list) and _holds_nodes(value):
            joined[name] = [join(n, floats, f"{where}.{i}") for i, n in enumerate(value)]
        elif is_node(value):
            joined[name] = join(value, floats, where)
        else:
            joined[name] = floats.get(where, value)
    return joined


def make(node: Node, **context: Any) -> Any:
    """Call the target of ``node`` with its arguments; inner nodes are made first.

    Of ``context`` it is given what its signature names: a data set that is drawn or ships with a library does not ask
    where files are kept.
    """
    target = locate(node[TARGET])
    arguments = {name: _map_nodes(value, make) for name, value in node.items() if name != TARGET}
    asked = {name: value for name, value in context.items() if name in parameters(target)}
    return target(**arguments, **asked)


def _holds_nodes(value: Any) -> bool:
    return is_node(value) or (isinstance(value, list) and bool(value) and all(is_node(v) for v in value))


def _map_nodes(value: Any, function: Callable[[Any], Any]) -> Any:
    if is_node(value):
        return function(value)
    if _holds_nodes(value):
        return [function(v) for v in value]
    return value


def _split_nodes(value: Any, path: str) -> tuple[Any, dict[str, float]]:
    if is_node(value):
        return split(value, path)
    parts = [split(node, f"{path}.{i}") for i, node in enumerate(value)]
    return [s for s, _ in parts], {k: v for _, floats in parts for k, v in floats.items()}
