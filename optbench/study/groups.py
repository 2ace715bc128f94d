"""Describe which parameters belong to which group of a setting. Groups that match no parameter are rejected."""

from collections.abc import Sequence

from optbench.config.build import make
from optbench.config.parameters import TARGET, format_value
from optbench.errors import ConfigError
from optbench.models.base import Model
from optbench.optimizers._groups import place_of
from optbench.spec.groups import FROZEN, describe_group
from optbench.spec.parameter_names import KINDS, ROLES, ParameterName
from optbench.spec.run import Setting

MOST_NAMES = 8  # number of layers in a message


def check_groups(setting: Setting, model: Model) -> None:
    """Raise ConfigError if a group of the setting matches no parameter of the model, or all parameters are frozen."""
    members = group_members(setting, model)
    groups = setting.groups["groups"]
    for number, (group, found) in enumerate(zip(groups, members[:-1], strict=True)):
        if not found:
            raise ConfigError(describe_no_match(number, group["match"], model.parameter_names))
    frozen = [group["rule"][TARGET] == FROZEN for group in groups]
    if groups and all(frozen) and not members[-1]:
        raise ConfigError("`optimizer.groups` freezes every parameter. Received: groups with nothing left to train.")


def describe_no_match(number: int, match: Sequence[str], names: Sequence[ParameterName]) -> str:
    """Say that a group has no parameters, and list the available names."""
    selected = [name for name in names if any(name.matches(pattern) for pattern in match)]
    received = f"Received: optimizer.groups.{number}.match={format_value(list(match))}."
    if selected:
        return (
            f"`optimizer.groups.{number}` has no parameters: an earlier group has all that it matches. {received} "
            "Put it first, or leave it out."
        )
    layers = list(dict.fromkeys(name.layer for name in names))
    more = f" and {len(layers) - MOST_NAMES} more" if len(layers) > MOST_NAMES else ""
    roles = [role for role in (*ROLES, *KINDS) if any(name.matches(role) for name in names)]
    return (
        f"`optimizer.groups.{number}` matches no parameter. {received} "
        f"The model has the layers {', '.join(layers[:MOST_NAMES])}{more}, and {', '.join(dict.fromkeys(roles))}."
    )


def group_members(setting: Setting, model: Model) -> list[list[ParameterName]]:
    """The parameters of each group, followed by those that no group matches."""
    patterns = [group["match"] for group in setting.groups["groups"]]
    members: list[list[ParameterName]] = [[] for _ in range(len(patterns) + 1)]
    for name in model.parameter_names:
        members[place_of(name, patterns)].append(name)
    return members


def describe_members(setting: Setting, model: Model) -> list[str]:
    """One line with the parameters of each group of a setting, including the groups that its rule defines itself."""
    label, groups, members = setting.names["optimizer"], setting.groups["groups"], group_members(setting, model)
    lines = [
        f"{label}, group [{describe_group(group)}]: {join_paths(found)}"
        for group, found in zip(groups, members[:-1], strict=True)
    ]
    rest = members[-1]
    if groups:
        lines.append(f"{label}, no group: {join_paths(rest)}")
    return [*lines, *(f"{label}, {line}" for line in describe_rule_groups(setting, model, rest))]


def describe_rule_groups(setting: Setting, model: Model, names: Sequence[ParameterName]) -> list[str]:
    """The groups that a rule itself forms among the parameters that it updates."""
    node, parts = setting.optimizer, make(setting.optimizer).parts
    lines = []
    if parts is not None:
        places = [parts.place(name) for name in names]
        for place, part in enumerate(parts.labels):
            lines.append(
                f"updated by {part}: {join_paths([n for n, p in zip(names, places, strict=True) if p == place])}"
            )
    if node.get("weight_decay") and not node.get("decay_all", False):
        shapes = dict(zip(model.names, model.shapes, strict=True))
        spared = [name for name in names if len(shapes[name.path]) < 2]
        lines += [f"no weight decay: {join_paths(spared)}"] if spared else []
    return lines


def notes_on_parts(setting: Setting, model: Model) -> list[str]:
    """A note if a rule that treats parameters differently has no parameters for one of its parts."""
    parts = make(setting.optimizer).parts
    rest = group_members(setting, model)[-1]
    if parts is None or not rest:
        return []
    used = {parts.place(name) for name in rest}
    idle = [label for place, label in enumerate(parts.labels) if place not in used]
    busy = [label for place, label in enumerate(parts.labels) if place in used]
    label = setting.names["optimizer"]
    return [
        f"{label}: this model has no parameter for {part}; {' and '.join(busy)} updates all of it." for part in idle
    ]


def join_paths(names: Sequence[ParameterName]) -> str:
    """The paths of parameters, or ``none``."""
    return ", ".join(name.path for name in names) or "none"
