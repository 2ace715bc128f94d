"""One class for each rule of ``conf/optimizer``, built from its signature: ``Adan(learning_rate=0.001, ...)``."""

import inspect
from typing import Any

import keras

from optbench.config.build import check, locate
from optbench.config.items import item_names, read_item
from optbench.config.parameters import TARGET, Node, format_value
from optbench.keras.rule_optimizer import LEARNING_RATE, RuleOptimizer, hyperparameter_names
from optbench.study.read_groups import read_groups

LIBRARY = "keras"  # the item for Keras's own optimizers
KERAS_KEYWORDS = (
    *("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum"),
    *("ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps", "name"),
)
DOCUMENTATION = """{summary}

The rule of :func:`{target}`, whose documentation has the formula and the source.

Args:
    {arguments}: of the rule.
    **keywords: those of ``keras.optimizers.Optimizer``: {keywords}; and ``groups``, as ``optimizer.groups``.
"""


def class_name(stem: str) -> str:
    """The name of the class of a rule: ``ScheduleFreeSgd`` for ``schedule_free_sgd``."""
    return "".join(word.capitalize() for word in stem.split("_"))


def make_class(stem: str) -> type[RuleOptimizer]:
    """The class for a rule of ``conf/optimizer``."""
    item = read_item("optimizer", stem)
    target = locate(item[TARGET])
    names = hyperparameter_names(target)
    has_rate = LEARNING_RATE in item

    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
        bound = signature.bind(self, *arguments, **keywords).arguments
        given = {name: value for name, value in bound.items() if name not in ("self", "keywords")}
        rest = dict(bound.get("keywords", {}))
        rate = given.pop(LEARNING_RATE, item.get(LEARNING_RATE))
        node = {**item, **given}
        if isinstance(rest.get("groups"), list):
            rest["groups"] = read_groups(rest["groups"], check(node, "optimizer"))
        RuleOptimizer.__init__(self, node, rate, **rest)

    def get_config(self: Any) -> dict[str, Any]:
        config = RuleOptimizer.get_config(self)
        node: Node = config.pop("rule")
        config.pop("wrapper")
        config = config if config["groups"]["groups"] else {k: v for k, v in config.items() if k != "groups"}
        return {**config, **{name: node[name] for name in names}}

    self_parameter = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameter = inspect.Parameter
    own = [parameter(LEARNING_RATE, parameter.POSITIONAL_OR_KEYWORD, default=item[LEARNING_RATE])] if has_rate else []
    own += [parameter(name, parameter.POSITIONAL_OR_KEYWORD, default=item[name]) for name in names]
    signature = inspect.Signature([self_parameter, *own, parameter("keywords", parameter.VAR_KEYWORD)])
    __init__.__signature__ = signature  # type: ignore[attr-defined]
    members = {
        "__init__": __init__,
        "get_config": get_config,
        "__doc__": documentation(item, target, [p.name for p in own]),
        "__module__": "optbench.keras",
        "target": item[TARGET],  # dotted path of the rule
    }
    made = type(class_name(stem), (RuleOptimizer,), members)
    registered: type[RuleOptimizer] = keras.saving.register_keras_serializable(package="optbench")(made)
    return registered


def documentation(item: Node, target: Any, names: list[str]) -> str:
    """The docstring of a class."""
    summary = (inspect.getdoc(target) or class_name(target.__name__)).split("\n")[0]
    arguments = ", ".join(f"{name}={format_value(item[name])}" for name in names)
    keywords = ", ".join(f"``{name}``" for name in KERAS_KEYWORDS if name not in names)
    return DOCUMENTATION.format(summary=summary, target=item[TARGET], arguments=arguments, keywords=keywords)


RULE_CLASSES = {class_name(stem): make_class(stem) for stem in item_names("optimizer") if stem != LIBRARY}
