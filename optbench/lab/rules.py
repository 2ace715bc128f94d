"""Rules by what people call them: every yaml of ``conf/optimizer``, a yaml of one's own, or a dotted path.

adam                          conf/optimizer/adam.yaml
my_conf/optimizer/mine.yaml   the numbers of that file
my_package.rules.mine         the defaults of its signature
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from optbench.config.build import check
from optbench.config.items import item_names, read_item, read_yaml
from optbench.config.parameters import TARGET, Node, unknown_name
from optbench.errors import ConfigError

YARDSTICKS = ("keras",)  # a library's rules, which are not ours to examine


def known_rules() -> list[str]:
    """The stems of ``conf/optimizer``, yardsticks left out."""
    return [name for name in item_names("optimizer") if name not in YARDSTICKS]


def chosen_rules(only: Iterable[str]) -> list[str]:
    """Those of ``only``, or all where it is empty.

    Raises:
        ConfigError: there is no such rule.
    """
    known, only = known_rules(), list(only)
    for name in only:
        if name not in known:
            raise ConfigError(unknown_name(f"`{name}`", name, known))
    return only or known


def rule_node(name: str) -> Node:
    """The checked node of a rule: its target and every hyperparameter.

    Raises:
        ConfigError: there is no such rule, or it needs a number that was not given.
    """
    if name.endswith(".yaml"):
        return check(read_yaml(Path(name)), "optimizer")
    if "." not in name:
        return check(read_item("optimizer", chosen_rules([name])[0]), "optimizer")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it: a user's rules are found from where they stand
    try:
        return check({TARGET: name}, "optimizer")
    except ConfigError as error:
        raise ConfigError(f"{error} Or name the rule's yaml in place of {name}.") from None
