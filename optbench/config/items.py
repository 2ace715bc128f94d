"""Items by name: the YAML files of ``conf/``, one per item, or a user's own YAML file.

    read_item("optimizer", "adam")       conf/optimizer/adam.yaml
    read_yaml(Path("mine.yaml"))         a user's own file

This module does not depend on Hydra: a single file has no defaults list to compose.
"""

from pathlib import Path

import yaml

from optbench.config.parameters import Node, unknown_name
from optbench.errors import ConfigError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader if PyYAML was built with libyaml


def conf_dir() -> Path:
    """The configuration folder: ``conf/`` of the repository, or ``optbench/conf`` of an installed wheel."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def item_names(group: str) -> list[str]:
    """The names of all items of a group (``optimizer``, ``dataset``, ...), sorted."""
    return sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))


def read_item(group: str, name: str) -> Node:
    """The unchecked node of ``conf/<group>/<name>.yaml``.

    Raises:
        ConfigError: there is no such file.
    """
    names = item_names(group)
    if name not in names:
        raise ConfigError(unknown_name(f"`{group}={name}`", name, names))
    return read_yaml(conf_dir() / group / f"{name}.yaml")


def read_yaml(path: Path) -> Node:
    """The unchecked node in a YAML file.

    Raises:
        ConfigError: the file cannot be read, or does not contain a mapping.
    """
    try:
        node = yaml.load(path.read_text(encoding="utf8"), LOADER)
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise ConfigError(f"{path} cannot be read: {why}. Name a YAML file like those in conf/.") from None
    if not isinstance(node, dict):
        raise ConfigError(f"{path} must hold `_target_` and its arguments. Name a YAML file like those in conf/.")
    return node
