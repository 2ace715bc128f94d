"""Parameter groups in words, for labels, tables and messages."""

from collections.abc import Mapping

from optbench.config.parameters import TARGET, Node, format_value

FROZEN = "optbench.optimizers._groups.frozen"


def describe_group(group: Node) -> str:
    """A group in words: ``norm: weight_decay=0``, ``first, last: adamw learning_rate=0.001``, ``*/bias: frozen``."""
    return f"{', '.join(group['match'])}: {describe_group_rule(group)}"


def describe_group_rule(group: Node) -> str:
    """What a group does with its parameters, in words: its rule, or ``frozen``."""
    rule: Mapping[str, object] = group["rule"]
    if rule[TARGET] == FROZEN:
        return "frozen"
    values = [f"{name}={format_value(value)}" for name, value in rule.items() if name != TARGET]
    name = [] if group["inherits"] else [str(rule[TARGET]).rpartition(".")[2]]
    return " ".join([*name, *values])


def describe_all_groups(groups: Node) -> str:
    """All groups of a setting in words; empty if there are none."""
    return "; ".join(describe_group(group) for group in groups["groups"])
