"""The optimizers of a comparison: names, configured names, functions that return a rule, Keras classes."""

import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from optbench.api.items import NamedCode, NamedItem, add_values, name_code, named_item, plain, target_node
from optbench.config.build import check, locate
from optbench.config.items import item_names
from optbench.config.parameters import TARGET, Node
from optbench.config.session_objects import SessionObject
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError
from optbench.runtime.tensorflow_import import import_tensorflow

KERAS = "optbench.optimizers.keras.keras"
GROUPS = "groups"  # accepted in addition to the hyperparameters of every optimizer
FORMS = "a name, ob.optimizer(...), a function that returns an optimizer, or a class of Keras"


class ConfiguredOptimizer(NamedTuple):
    """An optimizer with hyperparameter values, as returned by :func:`optimizer`."""

    rule: Any  # a name, a function or a class
    hyperparameters: Mapping[str, Any]

    def __repr__(self) -> str:
        name = repr(self.rule) if isinstance(self.rule, str) else getattr(self.rule, "__name__", str(self.rule))
        values = "".join(f", {key}={value!r}" for key, value in self.hyperparameters.items())
        return f"optimizer({name}{values})"


class Competitor(NamedTuple):
    """An optimizer of a comparison."""

    item: NamedItem
    values: Mapping[str, Any]  # the given hyperparameters
    label: str | None = None  # the label under which it is compared

    @property
    def is_named(self) -> bool:
        """Whether it is an item of ``conf/optimizer``."""
        return self.item.overrides is not None


def optimizer(rule: Any, /, **hyperparameters: Any) -> ConfiguredOptimizer:
    """An optimizer with given hyperparameter values.

    Args:
        rule: a name, such as ``"adamw"``; a function that returns an ``optbench.optimizers.base.Optimizer``; or a Keras
            class.
        **hyperparameters: their values by name. All others have the rule's defaults. ``groups``, a list, assigns other
            hyperparameters, another rule or no updates to some parameters; see ``docs/parameter-groups.md``.

    Raises:
        ConfigError: there is no such rule or hyperparameter, or a value is wrong.

    >>> import optbench as ob
    >>> ob.optimizer("adamw", weight_decay=0.01)
    optimizer('adamw', weight_decay=0.01)
    >>> ob.optimizer("adamw", groups=[{"match": "last", "frozen": True}])
    optimizer('adamw', groups=[{'match': 'last', 'frozen': True}])
    """
    found = ConfiguredOptimizer(rule, hyperparameters)
    read_competitor(found, "ob.optimizer")
    return found


def read_competitors(optimizers: Any) -> list[Competitor]:
    """The optimizers of a comparison.

    Args:
        optimizers: one optimizer, a list of optimizers, or ``{label: optimizer}``.

    Raises:
        ConfigError: there are no optimizers, one is invalid, or two are the same.
    """
    if isinstance(optimizers, Mapping):
        found = [read_labeled(label, value) for label, value in optimizers.items()]
    elif isinstance(optimizers, Sequence) and not isinstance(optimizers, str | ConfiguredOptimizer):
        found = [read_competitor(value) for value in optimizers]
    else:
        found = [read_competitor(optimizers)]
    if not found:
        raise ConfigError(f"`optimizers` must hold at least one. Received: {optimizers!r}. Give {FORMS}.")
    check_distinct(found)
    return found


def check_distinct(competitors: Sequence[Competitor]) -> None:
    """Raise ConfigError if two competitors are the same."""
    for place, one in enumerate(competitors):
        twin = next((other for other in competitors[:place] if other.item.node == one.item.node), None)
        if twin is not None:
            names = " and ".join(each.label or each.item.stem for each in (twin, one))
            raise ConfigError(f"`optimizers` must differ. Received: {names}, which are the same. Leave one out.")


def read_labeled(label: Any, value: Any) -> Competitor:
    """An optimizer with a given label."""
    if not isinstance(label, str) or not label.strip() or not label.isprintable():
        raise ConfigError(f"A label of `optimizers` must be a text. Received: {label!r}. Write {{'my label': 'adam'}}.")
    return read_competitor(value)._replace(label=label)


def read_competitor(value: Any, what: str = "optimizers") -> Competitor:
    """One optimizer of a comparison.

    Args:
        value: the optimizer in any accepted form.
        what: its name in messages.

    Raises:
        ConfigError: ``value`` is not an optimizer, or a hyperparameter is invalid.
    """
    import_tensorflow()
    if not isinstance(value, ConfiguredOptimizer):
        value = ConfiguredOptimizer(value, {})
    values = plain(dict(value.hyperparameters))
    hyperparameters = {name: each for name, each in values.items() if name != GROUPS}
    item = read_rule(value.rule, hyperparameters, what)
    item = item._replace(node=check(item.node, "optimizer"))
    return Competitor(with_groups(item, values[GROUPS]) if GROUPS in values else item, values)


def with_groups(item: NamedItem, groups: Any) -> NamedItem:
    """An optimizer with parameter groups; ConfigError if a group is invalid."""
    from optbench.study.read_groups import read_groups

    read_groups(groups, item.node)
    overrides = add_values(item.overrides, {f"optimizer.{GROUPS}": groups})
    return item._replace(node={**item.node, GROUPS: groups}, overrides=overrides)


def read_rule(rule: Any, values: Mapping[str, Any], what: str) -> NamedItem:
    """The item of a rule with given hyperparameter values."""
    if isinstance(rule, str):
        return named_item("optimizer", rule, values)
    if is_keras_class(rule):
        return keras_item(rule, values)
    if inspect.isfunction(rule) or inspect.isclass(rule):
        code = name_code(rule)
        return NamedItem(code.name, check_own_rule(target_node(code), values), None, code.held)
    raise ConfigError(
        f"`{what}` must be {FORMS}. Received: {describe_returned(rule)}. "
        f"There is: {', '.join(item_names('optimizer'))}."
    )


def is_keras_class(rule: Any) -> bool:
    """Whether a rule is a Keras optimizer class. Always False if Keras has not been imported."""
    library = sys.modules.get("keras")
    return library is not None and inspect.isclass(rule) and issubclass(rule, library.optimizers.Optimizer)


def keras_item(rule: Any, values: Mapping[str, Any]) -> NamedItem:
    """The item for a Keras class, or a user's class written for Keras."""
    library = sys.modules["keras"]
    ours = getattr(library.optimizers, rule.__name__, None) is rule
    code = NamedCode(rule.__name__, rule.__name__) if ours else name_code(rule)
    keywords = {name: value for name, value in values.items() if name != "learning_rate"}
    given = {"learning_rate": values["learning_rate"]} if "learning_rate" in values else {}
    node = {TARGET: KERAS, **given, "class_name": code.path, "keywords": keywords or None}
    rest = {f"optimizer.{name}": value for name, value in node.items() if name != TARGET}
    return NamedItem("keras", node, add_values(("optimizer=keras",), rest) if ours else None, code.held)


def check_own_rule(code: Node, values: Mapping[str, Any]) -> Node:
    """The checked node of a user's rule.

    Raises:
        ConfigError: a hyperparameter is invalid, or the function fails or does not return a rule.
    """
    from optbench.study.check_parts import make_part
    from optbench.study.rule_example import check_rule, check_signature

    target = locate(code[TARGET])
    check_signature(target)
    node = check({**code, **values}, "optimizer")
    check_rule(make_part(node, "optimizer"), target)
    return node


def held_objects(competitors: Sequence[Competitor]) -> list[SessionObject]:
    """The objects of this session that the optimizers refer to."""
    return [held for competitor in competitors for held in competitor.item.held]
