"""Make Hydra's search of YAML files cheap: copies share immutable data, each group is listed once, and libyaml parses
the files if it is available.

For each composition and each group of its help, Hydra makes a deep copy of its configuration repository, so that the
list of sources can be replaced in the copy. The list is replaced but never modified, so a shallow copy is sufficient.
The help also lists each group four times. These two costs exceed all others. Most of the remaining time to read a file
is OmegaConf's parsing in Python. None of this changes what Hydra finds. The names below are private in Hydra and
OmegaConf; a test checks that they exist.
"""

import copy
from functools import cache
from typing import Any

import yaml
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra.core.object_type import ObjectType
from omegaconf import _utils as omegaconf_utils

LISTED = "_optbench_groups"  # attribute of a loader: the options of the groups listed so far
list_group = ConfigLoaderImpl.get_group_options
loader_in_python = omegaconf_utils.get_yaml_loader


def share_sources() -> None:
    """Patch Hydra in this process: repositories share sources, loaders cache groups, and libyaml parses."""
    ConfigRepository.__deepcopy__ = _copy
    ConfigLoaderImpl.get_group_options = _group_options
    omegaconf_utils.get_yaml_loader = yaml_loader


@cache
def yaml_loader() -> type:
    """OmegaConf's YAML loader, with the scanner and parser of libyaml if PyYAML was built with it."""
    loader: type = loader_in_python()
    if not yaml.__with_libyaml__:
        return loader

    class Loader(yaml.cyaml.CParser, loader):  # type: ignore[misc]
        def __init__(self, stream: Any) -> None:
            yaml.cyaml.CParser.__init__(self, stream)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)

    return Loader


def _copy(repository: Any, memo: dict[int, Any]) -> Any:
    """A copy of the repository with the same sources."""
    return copy.copy(repository)


def _group_options(
    loader: Any,
    group_name: str,
    results_filter: ObjectType | None = ObjectType.CONFIG,
    config_name: str | None = None,
    overrides: list[str] | None = None,
) -> list[str]:
    """The options of a group. Unless the search path can change, each group is listed once per loader."""
    if config_name is not None or overrides:
        return list_group(loader, group_name, results_filter, config_name, overrides)  # type: ignore[no-any-return]
    listed = loader.__dict__.setdefault(LISTED, {})
    key = (group_name, results_filter)
    if key not in listed:
        listed[key] = loader.repository.get_group_options(group_name, results_filter)
    return list(listed[key])
