"""The Keras optimizer for a setting of optbench: rule, schedule and wrappers, or a class of Keras itself."""

from collections.abc import Mapping
from typing import Any

from optbench.config.parameters import TARGET, Node, format_value
from optbench.errors import ConfigError
from optbench.keras.classes import RULE_CLASSES
from optbench.keras.rule_optimizer import LEARNING_RATE, RuleOptimizer
from optbench.keras.schedule import ScheduledRate
from optbench.optimizers._keras_classes import optimizer_class
from optbench.spec.run import NO_GROUPS, NO_WRAPPER

LIBRARY = "optbench.optimizers.keras.keras"
CONSTANT = ("optbench.schedules.constant.constant", "optbench.schedules.constant")  # the second in older results


def optimizer_of_setting(nodes: Mapping[str, Node], steps: int | None, keywords: Mapping[str, Any]) -> Any:
    """The optimizer for ``model.compile``.

    Args:
        nodes: the nodes of the setting: ``optimizer``, ``schedule``, ``wrapper`` and ``groups``.
        steps: the number of training steps, to which the schedule is scaled.
        keywords: additional arguments of Keras optimizers, such as ``clipnorm``.

    Raises:
        ConfigError: there is a schedule but no number of steps; an optimizer of Keras has a wrapper; or the rule needs
            inputs that Keras does not pass to optimizers.
    """
    node, wrapper, groups = dict(nodes["optimizer"]), nodes.get("wrapper", NO_WRAPPER), nodes.get("groups", NO_GROUPS)
    rate = scheduled_rate(node.get(LEARNING_RATE), nodes["schedule"], steps)
    if node[TARGET] == LIBRARY:
        return library_optimizer(node, rate, wrapper, keywords)
    name = class_of(node)
    if name is None or wrapper["wrappers"] or groups["groups"]:
        return RuleOptimizer(node, rate, wrapper, groups, **keywords)
    values = {key: value for key, value in node.items() if key not in (TARGET, LEARNING_RATE)}
    given = values if rate is None else {LEARNING_RATE: rate, **values}
    return RULE_CLASSES[name](**given, **keywords)


def scheduled_rate(rate: Any, schedule: Node, steps: int | None) -> Any:
    """The learning rate with its schedule."""
    if schedule[TARGET] in CONSTANT or rate is None:
        return rate
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        name = schedule[TARGET].rpartition(".")[2]
        raise ConfigError(
            f"`steps` must be the number of training steps, over which schedule={name} is stretched. "
            f"Received: steps={format_value(steps)}. Give epochs times batches per epoch."
        )
    return ScheduledRate(rate, schedule, steps)


def library_optimizer(node: Node, rate: Any, wrapper: Node, keywords: Mapping[str, Any]) -> Any:
    """An optimizer of a Keras class."""
    if wrapper["wrappers"]:
        raise ConfigError(
            "Wrappers apply only to rules of optbench. Received: wrappers of an optimizer of Keras. "
            "Leave them out, or name the rule."
        )
    return optimizer_class(node["class_name"])(learning_rate=rate, **(node.get("keywords") or {}), **keywords)


def class_of(node: Node) -> str | None:
    """The class name of a rule of ``conf/optimizer``; None for a user's rule."""
    return next((name for name, kind in RULE_CLASSES.items() if kind.target == node[TARGET]), None)
