"""Parameter groups: other hyperparameters, another rule or no updates for the parameters that a pattern selects.

    optimizer.groups=[{match: norm, weight_decay: 0}, {match: "embedding*", frozen: true}]

Groups are ordered: a parameter belongs to the first group that matches it, and to the rule itself if none does. Each
group has a state of its own, and what a rule computes over all parameters, such as a norm, it computes over those of
the group.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from optbench.config.parameters import Node
from optbench.optimizers.base import (
    Lanes,
    Names,
    Optimizer,
    ParameterName,
    Params,
    State,
    Updates,
    bind_names,
    check_gradients,
)


class Group(NamedTuple):
    """The rule for the parameters that any of several patterns selects."""

    match: list[str]  # patterns, see optbench.spec.parameter_names
    rule: Optimizer


class GroupsState(NamedTuple):
    """States of the rules of all groups; the state of the rule for all other parameters is last."""

    rules: tuple[State, ...]


def in_groups(groups: Sequence[Group]) -> list[Group]:
    """The groups of a setting, in their order."""
    return list(groups)


def group(match: list[str], rule: Optimizer, inherits: bool = False) -> Group:
    """One parameter group.

    Args:
        match: patterns, see :mod:`optbench.spec.parameter_names`.
        rule: updates the parameters that one of the patterns selects.
        inherits: whether the node of ``rule`` holds only the hyperparameters that differ from those of the rule of all
            other parameters; :func:`complete_groups` adds the others.
    """
    return Group(match, rule)


def frozen() -> Optimizer:
    """A rule without state that never changes its parameters."""

    def init(params: Params) -> tuple[()]:
        return ()

    def update(grads: Updates, state: tuple[()], params: Params) -> tuple[Updates, tuple[()]]:
        check_gradients(grads, params)
        return [tf.zeros_like(p) for p in params], ()

    return Optimizer(init, update)


def complete_groups(groups: Node, optimizer: Node) -> Node:
    """The node of the groups, with all hyperparameters of the groups that inherit those of ``optimizer``."""
    completed = [
        {**node, "rule": {**optimizer, **node["rule"]}} if node["inherits"] else node for node in groups["groups"]
    ]
    return {**groups, "groups": completed}


def place_of(name: ParameterName, patterns: Sequence[Sequence[str]]) -> int:
    """The index of the first group whose patterns match a parameter; the number of groups if none does."""
    matching = (i for i, match in enumerate(patterns) if any(name.matches(pattern) for pattern in match))
    return next(matching, len(patterns))


def with_groups(rule: Optimizer, groups: Sequence[Group], names: Names) -> Optimizer:
    """Combine rules: each parameter is updated by the rule of the first group that matches it, the others by ``rule``.

    A rule without parameters is not called, and its state is empty.

    Args:
        rule: of the parameters that no group matches.
        groups: in order.
        names: of all parameters.
    """
    if not groups:
        return bind_names(rule, names)
    patterns = [each.match for each in groups]
    places = [place_of(name, patterns) for name in names]

    def split(values: Sequence[Any]) -> list[list[Any]]:
        parts: list[list[Any]] = [[] for _ in range(len(groups) + 1)]
        for value, place in zip(values, places, strict=True):
            parts[place].append(value)
        return parts

    def merge(parts: Sequence[Sequence[Any]]) -> list[Any]:
        queues = [iter(part) for part in parts]
        return [next(queues[place]) for place in places]

    rules = [bind_names(each, part) for each, part in zip([*(g.rule for g in groups), rule], split(names), strict=True)]

    def init(params: Params) -> GroupsState:
        return GroupsState(tuple(each.init(p) if p else () for each, p in zip(rules, split(params), strict=True)))

    def update(grads: Updates, state: GroupsState, params: Params, **extra: Any) -> tuple[Updates, GroupsState]:
        check_gradients(grads, params)
        rows = zip(rules, split(grads), state.rules, split(params), strict=True)
        results = [part_of_step(each, g, s, p, extra) for each, g, s, p in rows]
        return merge([updates for updates, _ in results]), GroupsState(tuple(s for _, s in results))

    def eval_params(state: GroupsState, params: Params) -> Params:
        rows = zip(rules, state.rules, split(params), strict=True)
        return merge([each.eval_params(s, p) if p else [] for each, s, p in rows])

    lanes: Lanes = "one" if any(each.lanes == "one" for each in rules) else "any"
    return Optimizer(init, update, eval_params, frozenset().union(*(each.needs for each in rules)), lanes)


def part_of_step(
    rule: Optimizer, grads: Updates, state: State, params: Params, extra: dict[str, Any]
) -> tuple[Updates, State]:
    """One step of a group's rule, with the entries of ``extra`` that it needs. No parameters: nothing to do."""
    if not params:
        return [], ()
    return rule.update(grads, state, params, **{name: extra[name] for name in rule.needs})


def freeze(rule: Optimizer, is_frozen: Sequence[bool]) -> Optimizer:
    """Return ``rule`` with gradients and updates of zero where ``is_frozen``.

    It goes around the wrappers, so that a norm over all gradients leaves frozen parameters out, and an average does not
    move them.
    """
    if not any(is_frozen):
        return rule

    def mask(tensors: Updates) -> Updates:
        return [tf.zeros_like(x) if still else x for x, still in zip(tensors, is_frozen, strict=True)]

    def update(grads: Updates, state: State, params: Params, **extra: Any) -> tuple[Updates, State]:
        check_gradients(grads, params)
        updates, state = rule.update(mask(grads), state, params, **extra)
        return mask(updates), state

    return rule._replace(update=update)
