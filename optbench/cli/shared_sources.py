"""Make Hydra's look through the YAML files cheap: copies share what is never changed, a group is listed once, and
libyaml parses the files where it is there.

Hydra copies its repository of configurations for each composition, and for each group of its help, as deep as it goes,
so that the list of sources can be replaced in the copy. The list is replaced and never changed, so a shallow copy does
as well. The help lists each group four times. Both cost more than everything else that it does. Parsing in Python, as
OmegaConf does, takes most of what is left of reading a file. None of this changes what Hydra finds; the names below are
private ones of Hydra and OmegaConf, and a test holds them.
"""

import copy
from functools import cache
from typing import Any

import yaml
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra.core.object_type import ObjectType
from omegaconf import _utils as omegaconf_utils

LISTED = "_optbench_groups"  # attribute of a loader: the options of the groups that were listed
list_group = ConfigLoaderImpl.get_group_options
loader_in_python = omegaconf_utils.get_yaml_loader


def share_sources() -> None:
    """Let repositories share sources, loaders remember groups and libyaml parse, in this process from now on."""
    ConfigRepository.__deepcopy__ = _copy
    ConfigLoaderImpl.get_group_options = _group_options
    omegaconf_utils.get_yaml_loader = yaml_loader


@cache
def yaml_loader() -> type:
    """OmegaConf's loader of YAML, with the scanner and the parser of libyaml where PyYAML was built with it."""
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
    """A repository of its own with the same sources."""
    return copy.copy(repository)


def _group_options(
    loader: Any,
    group_name: str,
    results_filter: ObjectType | None = ObjectType.CONFIG,
    config_name: str | None = None,
    overrides: list[str] | None = None,
) -> list[str]:
    """The options of a group. Where nothing can add to the search path, each group is listed once per loader."""
    if config_name is not None or overrides:
        return list_group(loader, group_name, results_filter, config_name, overrides)  # type: ignore[no-any-return]
    listed = loader.__dict__.setdefault(LISTED, {})
    key = (group_name, results_filter)
    if key not in listed:
        listed[key] = loader.repository.get_group_options(group_name, results_filter)
    return list(listed[key])
