"""Rules by what people call them: every yaml of ``conf/optimizer``, a yaml of one's own, or a dotted path.

adam                          conf/optimizer/adam.yaml
my_conf/optimizer/mine.yaml   the numbers of that file
my_package.rules.mine         the defaults of its signature
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from optbench.config.build import check
from optbench.config.parameters import TARGET, Node, unknown_name
from optbench.door import conf_dir
from optbench.errors import ConfigError

YARDSTICKS = ("keras",)  # a library's rules, which are not ours to examine


def known_rules() -> list[str]:
    """The stems of ``conf/optimizer``, yardsticks left out."""
    stems = (path.stem for path in (conf_dir() / "optimizer").glob("*.yaml"))
    return sorted(stem for stem in stems if stem not in YARDSTICKS)


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
        return check(_read(Path(name)), "optimizer")
    if "." not in name:
        return check(_read(conf_dir() / "optimizer" / f"{chosen_rules([name])[0]}.yaml"), "optimizer")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it: a user's rules are found from where they stand
    try:
        return check({TARGET: name}, "optimizer")
    except ConfigError as error:
        raise ConfigError(f"{error} Or name the rule's yaml in place of {name}.") from None


def _read(path: Path) -> Node:
    try:
        node = yaml.safe_load(path.read_text(encoding="utf8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise ConfigError(f"{path} cannot be read: {why}. Name a yaml as in conf/optimizer.") from None
    if not isinstance(node, dict):
        raise ConfigError(f"{path} must hold `_target_` and hyperparameters. Name a yaml as in conf/optimizer.")
    return node
