"""Read ``optimizer.groups``: parameters with other hyperparameters or another rule, and frozen parameters.

{match: norm, weight_decay: 0}                            hyperparameters that differ
{match: [first, last], optimizer: adamw, learning_rate: 0.001}    another rule, with its defaults
{match: "embedding*", frozen: true}                       no updates
"""

from collections.abc import Mapping
from typing import Any

from optbench.config.build import check, locate
from optbench.config.items import read_item
from optbench.config.parameters import TARGET, Node, format_value
from optbench.errors import ConfigError
from optbench.spec.groups import FROZEN
from optbench.spec.run import NO_GROUPS
from optbench.study.check_parts import make_part
from optbench.study.rule_example import check_rule

GROUP = "optbench.optimizers._groups.group"
KEYS = ("match", "optimizer", "frozen")
EXAMPLE = "Write [{match: norm, weight_decay: 0}, {match: 'embedding*', frozen: true}]."
ALLOWED_NEEDS = frozenset({"loss", "names"})  # inputs that can be passed to a rule for some of the parameters


def read_groups(value: Any, optimizer: Node) -> Node:
    """The checked node of the groups of a setting.

    Args:
        value: the value in the configuration; None for no groups.
        optimizer: the checked node of the rule for all other parameters.

    Raises:
        ConfigError: the value is not a list of groups, or a group is invalid.
    """
    if value is None:
        return NO_GROUPS
    if not isinstance(value, list):
        raise ConfigError(f"`optimizer.groups` must be a list. Received: {format_value(value)}. {EXAMPLE}")
    groups = [read_group(each, optimizer, f"optimizer.groups.{number}") for number, each in enumerate(value)]
    if groups:
        check_part_rule(optimizer, "optimizer")
    return {**NO_GROUPS, "groups": groups}


def read_group(value: Any, optimizer: Node, path: str) -> Node:
    """The checked node of one group; ConfigError if the group is invalid."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"`{path}` must be a group of keys. Received: {format_value(value)}. {EXAMPLE}")
    values = {str(name): each for name, each in value.items() if name not in KEYS}
    match = read_match(value.get("match"), path)
    if value.get("frozen") is not None:
        rule, inherits = read_frozen(value, values, path), False
    elif value.get("optimizer") is not None or TARGET in values:
        rule, inherits = read_rule(value.get("optimizer"), values, path), False
        check_part_rule(rule, path)
    elif values:
        complete = check({**optimizer, **values}, path)
        check_part_rule(complete, path)
        rule, inherits = {TARGET: optimizer[TARGET], **{name: complete[name] for name in values}}, True
    else:
        raise ConfigError(
            f"`{path}` must say what is different: hyperparameters, optimizer: NAME, or frozen: true. "
            f"Received: {format_value(dict(value))}. {EXAMPLE}"
        )
    return {TARGET: GROUP, "match": match, "rule": rule, "inherits": inherits}


def read_match(value: Any, path: str) -> list[str]:
    """The patterns of a group; ConfigError unless they are a string or a list of strings."""
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, list) or not patterns or not all(isinstance(p, str) and p for p in patterns):
        raise ConfigError(
            f"`{path}.match` must be a pattern or a list of patterns: a role such as norm, bias or last, the name of a "
            f"layer, or a path with wildcards such as '*/bias'. Received: {path}.match={format_value(value)}."
        )
    return list(patterns)


def read_frozen(value: Mapping[str, Any], values: Mapping[str, Any], path: str) -> Node:
    """The rule of a frozen group; ConfigError if the group has any other key."""
    if value["frozen"] is not True or values or value.get("optimizer") is not None:
        raise ConfigError(
            f"`{path}` can be frozen, with frozen: true and nothing else, or be updated. "
            f"Received: {format_value(dict(value))}."
        )
    return {TARGET: FROZEN}


def read_rule(name: Any, values: Mapping[str, Any], path: str) -> Node:
    """The checked node of another rule: an item of ``conf/optimizer`` or a user's function."""
    if name is not None and TARGET in values:
        raise ConfigError(f"`{path}` names its rule twice. Received: optimizer and {TARGET}. Leave one out.")
    if name is None:
        return check(dict(values), path)
    if not isinstance(name, str):
        raise ConfigError(f"`{path}.optimizer` must be a name. Received: {path}.optimizer={format_value(name)}.")
    return check({**read_item("optimizer", name), **values}, path)


def check_part_rule(node: Node, path: str) -> None:
    """Raise ConfigError unless a node makes a rule that can update a subset of the parameters."""
    rule = make_part(node, path)
    check_rule(rule, locate(node[TARGET]))
    if not rule.needs <= ALLOWED_NEEDS:
        name, needed = str(node[TARGET]).rpartition(".")[2], ", ".join(sorted(rule.needs - ALLOWED_NEEDS))
        raise ConfigError(
            f"`{path}` cannot be {name} in a study with parameter groups. Received: a rule that needs {needed}, which "
            "concerns all parameters. Use another rule, or no groups."
        )
