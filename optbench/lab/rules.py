"""Rules by name: an item of ``conf/optimizer``, a YAML file, or a dotted path.

adam                          conf/optimizer/adam.yaml
my_conf/optimizer/mine.yaml   the hyperparameters of that file
my_package.rules.mine         the defaults of its signature
wrapper/ema, schedule/cosine  a wrapper or a schedule in the form of a rule, see :mod:`optbench.lab.parts`
"""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from optbench.config.build import check, locate
from optbench.config.items import conf_dir, item_names, read_item, read_yaml
from optbench.config.parameters import TARGET, Node, unknown_name
from optbench.errors import ConfigError
from optbench.lab.parts import part_node
from optbench.spec.about import About
from optbench.study.rule_example import check_signature

FROM_LIBRARIES = ("keras",)  # items of conf/optimizer that wrap a library's rules, which are not examined


def known_rules() -> list[str]:
    """The names of our rules in ``conf/optimizer``."""
    return [name for name in item_names("optimizer") if name not in FROM_LIBRARIES]


def select_rules(only: Iterable[str], parts: Iterable[str] = ()) -> list[str]:
    """The rules with these names, or all if none is given.

    Args:
        only: names of rules or of ``parts``.
        parts: wrappers and schedules that may also be named, and that are included in all.

    Raises:
        ConfigError: there is no such rule.
    """
    known, only = [*known_rules(), *parts], list(only)
    for name in only:
        if name not in known:
            raise ConfigError(unknown_name(f"`{name}`", name, known))
    return only or known


def rule_node(name: str) -> Node:
    """The checked node of a rule: its target and all hyperparameters.

    Raises:
        ConfigError: there is no such rule, or it requires a number that was not given.
    """
    if name.endswith(".yaml"):
        return check(read_yaml(Path(name)), "optimizer")
    if "/" in name:
        return check(part_node(name), "optimizer")
    if "." not in name:
        return check(read_item("optimizer", select_rules([name])[0]), "optimizer")
    search_working_directory()
    check_signature(locate(name))
    try:
        return check({TARGET: name}, "optimizer")
    except ConfigError as error:
        raise ConfigError(f"{error} Or name the rule's YAML file instead of {name}.") from None


def about_rule(name: str) -> About:
    """The declaration of one of our rules.

    Raises:
        ConfigError: there is no such rule, or its module declares nothing.
    """
    module = importlib.import_module(rule_node(name)[TARGET].rpartition(".")[0])
    about = getattr(module, "ABOUT", None)
    if not isinstance(about, About):
        raise ConfigError(
            f"{module.__name__} must declare `ABOUT = About(words, floats, references)`, see optbench/spec/about.py. "
            f"Received: {about!r}."
        )
    return about


def tree_rule_node(name: str, tree: Path) -> Node:
    """The unchecked node of a rule in a source tree, which may contain another version of optbench, or none.

    Only a process that imports from that tree can check it. A tree without optbench has the rules of this version.

    Args:
        name: the name of the rule; the path of a YAML file is relative to the tree.
        tree: the folder.

    Raises:
        ConfigError: the tree has no such rule.
    """
    if name.endswith(".yaml"):
        return read_yaml(tree / name)
    if "/" in name:
        return part_node(name)
    if "." in name:
        return {TARGET: name}
    folders = [tree / "conf", tree / "optbench" / "conf", *([] if (tree / "optbench").is_dir() else [conf_dir()])]
    for folder in folders:
        path = folder / "optimizer" / f"{name}.yaml"
        if path.exists():
            return read_yaml(path)
    raise ConfigError(f"There is no {folders[0] / 'optimizer' / name}.yaml.")


def search_working_directory() -> None:
    """Make imports find modules in the working directory, as ``python -m`` does."""
    if "" not in sys.path:
        sys.path.insert(0, "")
