"""Build an object from a configuration node: ``{"_target_": "package.module.function", **arguments}``.

The configuration arrives here as plain dictionaries; this file and those that it imports do not depend on Hydra. A node
goes through three steps, in this order:

    check(node)              names, types and ranges, before anything is built
    split(node)              separates numbers, which a program takes as tensors, from the structure
    make(node, **context)    the call itself

Arguments may be nodes themselves, or lists of nodes; they are made first. Parameters that several items share are a
group: a ``NamedTuple`` that is the default of an argument. Its names may be written flat, without the argument's name:

    dataset.split.valid_fraction=0.3        nested, as check() returns it
    dataset.valid_fraction=0.3              flat, as in labels and random streams, see flatten()
"""

import importlib
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from optbench.config.moved import current_path
from optbench.config.parameters import (
    TARGET,
    Node,
    Parameter,
    check_arguments,
    check_value,
    defaults,
    dotted_path,
    format_value,
    is_named_tuple,
    parameters,
    unknown_name,
)
from optbench.config.session_objects import find, is_session_path
from optbench.errors import ConfigError, UserCodeExit
from optbench.runtime.user_exits import contained

NUMBER = {"_number_": True}  # placeholder for a float in a structure; equal to no value of a configuration


def is_node(value: Any) -> bool:
    """Whether ``value`` is a node, that is, names something to build."""
    return isinstance(value, Mapping) and TARGET in value


def locate(target: str) -> Callable[..., Any]:
    """Import ``package.module.function``.

    Raises:
        ConfigError: there is no such module, or it has no callable of this name.
    """
    if is_session_path(str(target)):
        return find(str(target)).value  # type: ignore[no-any-return]
    module_name, _, name = current_path(str(target)).rpartition(".")
    try:
        with contained():
            found = getattr(importlib.import_module(module_name), name)
    except Exception as error:  # a module may raise any exception on import
        why = str(error) if isinstance(error, UserCodeExit) else f"{type(error).__name__}: {error}"
        raise ConfigError(f"`_target_: {target}` cannot be imported: {why}. Write package.module.function.") from None
    if not callable(found):
        raise ConfigError(f"`_target_: {target}` is not a function. Write package.module.function.")
    return found  # type: ignore[no-any-return]


def check(node: Any, path: str, context: Collection[str] = (), overrides: Collection[str] = ()) -> Node:
    """Return ``node`` with every argument, including defaults, cast to its declared type.

    Args:
        node: what the configuration holds at ``path``.
        path: for messages, such as ``optimizer``.
        context: names of the arguments that :func:`make` will be given.
        overrides: dotted names that the command line sets. They take precedence over files, whether a name is
            written flat or nested.

    Raises:
        ConfigError: see :func:`optbench.config.parameters.check_arguments`; or a parameter has two values, one under
            its flat name and one under its nested name.
    """
    if not is_node(node):
        raise ConfigError(f"`{path}` must name what to build with `_target_`. Received: {path}={node}.")
    path_of_target = current_path(str(node[TARGET]))
    target = locate(path_of_target)
    declared = {name: p for name, p in parameters(target).items() if name not in context}
    arguments = _nest(node, path, declared, overrides)
    given = {k: _map_nodes(v, partial(check, path=f"{path}.{k}")) for k, v in arguments.items()}
    nodes = {k: v for k, v in given.items() if _holds_nodes(v)}
    leaves = check_arguments(target, {k: v for k, v in given.items() if k not in nodes}, path, (*context, *nodes))
    rest = {k: v for k, v in defaults(target).items() if k not in context}
    rest |= check_defaults({k: v for k, v in rest.items() if k not in nodes and k not in leaves}, target, path)
    complete = {**rest, **nodes, **leaves}
    return {TARGET: path_of_target, **{k: v for k, v in complete.items() if not _is_omitted(declared.get(k), v)}}


def check_defaults(values: Mapping[str, Any], target: Callable[..., Any], path: str) -> Node:
    """The defaults of a signature, cast to its annotations. None is always valid: it means "not set".

    Raises:
        ConfigError: a default has the wrong type, or is outside the range that its annotation declares.
    """
    declared = parameters(target)
    plain = {k: v for k, v in values.items() if v is not None and not is_named_tuple(v) and not callable(v)}
    try:
        return {name: check_value(declared[name], value, path) for name, value in plain.items()}
    except ConfigError as error:
        code = f"{target.__module__}.{target.__qualname__}"
        raise ConfigError(f"{error} It is the default in the signature of {code}. Correct it.") from None


def flatten(node: Any) -> Any:
    """Return ``node`` with the parameters of its groups moved up next to its own, under their flat names.

    Labels and the names of random streams are made from this form, so neither depends on how parameters are grouped.
    A node is a group where its target is a class of optbench; the items of ``conf/`` are functions.
    """
    if not isinstance(node, Mapping):
        return node
    flat: Node = {}
    for name, value in node.items():
        if is_node(value) and _is_group(value):
            flat |= {k: v for k, v in value.items() if k != TARGET}
        else:
            flat[name] = flatten(value)
    return flat


def targets(node: Node) -> list[str]:
    """The targets of a node: its own first, then those of nested nodes, then the functions that its arguments name.

    A name without a dot, such as ``Huber``, belongs to a library and is not a target.
    """
    inner = [value for value in node.values() if is_node(value)]
    listed = [n for value in node.values() if isinstance(value, list) and _holds_nodes(value) for n in value]
    named = [name for name in _named_code(node) if isinstance(name, str) and "." in name]
    return [node[TARGET], *(target for n in (*inner, *listed) for target in targets(n)), *named]


def _named_code(node: Node) -> list[Any]:
    """The values of the arguments that name functions, see :class:`optbench.config.parameters.NamesCode`."""
    declared = parameters(locate(node[TARGET]))
    values = [value for name, value in node.items() if name in declared and declared[name].names_code]
    return [name for value in values for name in (value if isinstance(value, list) else [value])]


def split(node: Node, path: str) -> tuple[Node, dict[str, float]]:
    """Split a checked node into its structure and its numbers.

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
    """Call the target of ``node`` with its arguments. Nested nodes are made first.

    The target receives the entries of ``context`` that its signature names. For example, a generated data set does not
    take the folder of the data files.
    """
    target = locate(node[TARGET])
    arguments = {name: _map_nodes(value, make) for name, value in node.items() if name != TARGET}
    asked = {name: value for name, value in context.items() if name in parameters(target)}
    with contained():
        return target(**arguments, **asked)


def _is_omitted(parameter: Parameter | None, value: Any) -> bool:
    """Whether a value is left out of a node, see :class:`optbench.config.parameters.OmitDefault`."""
    return parameter is not None and parameter.omit_default and bool(value == parameter.default)


def _nest(node: Node, path: str, declared: Mapping[str, Parameter], overrides: Collection[str]) -> Node:
    """The arguments of ``node``: groups completed, each flat name moved into the nested node that declares it."""
    arguments = {name: value for name, value in node.items() if name != TARGET}
    groups = {name: _node_of(p.default) for name, p in declared.items() if p.is_group}
    inner = {name: value for name, value in arguments.items() if name in declared and is_node(value)}
    inner |= {name: _complete(arguments.get(name, {}), group, f"{path}.{name}") for name, group in groups.items()}
    owners = _owners(inner)
    nested = {name: value for name, value in arguments.items() if name in declared} | inner
    for name, value in arguments.items():
        if name in declared:
            continue
        if name not in owners:
            raise ConfigError(unknown_name(f"`{dotted_path(path, name)}`", name, [*declared, *owners]))
        owner, parameter = owners[name]
        flat = value if _holds_nodes(value) else check_value(parameter, value, path)
        standard = groups.get(owner, {}).get(name, parameter.default)
        names = (f"{path}.{name}", f"{path}.{owner}.{name}")
        chosen = _choose(flat, nested[owner].get(name, flat), standard, names, overrides)
        nested[owner] = {**nested[owner], name: chosen}
    return nested


def _choose(flat: Any, nested: Any, standard: Any, names: tuple[str, str], overrides: Collection[str]) -> Any:
    """The value of a parameter with two names: that of the command line, else the one that is not the default."""
    flat_is_set, nested_is_set = (name in overrides for name in names)
    if flat_is_set != nested_is_set:
        return flat if flat_is_set else nested
    if flat == nested or (nested == standard and not flat_is_set):
        return flat
    raise ConfigError(
        f"`{names[0]}` and `{names[1]}` are one parameter. "
        f"Received: {names[0]}={format_value(flat)} and {names[1]}={format_value(nested)}. Give one of them."
    )


def _complete(value: Any, group: Node, path: str) -> Node:
    """Return ``value`` with the defaults of ``group`` added if it builds the same object."""
    if is_named_tuple(value):
        return _node_of(value)
    if not isinstance(value, Mapping):
        names = ", ".join(f"{path}.{name}" for name in group if name != TARGET)
        raise ConfigError(f"`{path}` is a group of keys: {names}. Received: {path}={format_value(value)}.")
    return {**group, **value} if value.get(TARGET, group[TARGET]) == group[TARGET] else dict(value)


def _node_of(group: Any) -> Node:
    """The node that makes a group, a ``NamedTuple``."""
    return {TARGET: f"{type(group).__module__}.{type(group).__qualname__}", **group._asdict()}


def _owners(inner: Mapping[str, Node]) -> dict[str, tuple[str, Parameter]]:
    """The nested node that declares each name, and its declaration. Names that several nodes declare are left out."""
    found: dict[str, list[tuple[str, Parameter]]] = {}
    for owner, node in inner.items():
        for name, parameter in parameters(locate(node[TARGET])).items():
            found.setdefault(name, []).append((owner, parameter))
    return {name: pairs[0] for name, pairs in found.items() if len(pairs) == 1}


def _is_group(node: Node) -> bool:
    module, _, name = str(node[TARGET]).rpartition(".")
    return module.startswith("optbench.") and name[:1].isupper()


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
