"""Hydra's private names that make its look through the YAML files cheap, and that nothing else changes."""

import copy

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.utils import create_config_search_path

from optbench.cli.shared_sources import list_group, share_sources
from optbench.config.items import conf_dir


def test_a_copy_has_the_same_sources_and_a_list_of_its_own_once_it_is_replaced():
    share_sources()
    path = create_config_search_path(str(conf_dir()))
    repository = ConfigRepository(path)
    copied = copy.deepcopy(repository)
    assert copied.sources is repository.sources
    copied.initialize_sources(path)
    assert copied.sources is not repository.sources


def test_groups_are_listed_as_hydra_lists_them_and_once(monkeypatch):
    share_sources()
    loader = ConfigLoaderImpl(create_config_search_path(str(conf_dir())))
    for group in ("optimizer", "", "nowhere"):
        assert loader.get_group_options(group) == list_group(loader, group)
    monkeypatch.setattr(ConfigRepository, "get_group_options", lambda *arguments: 1 / 0)
    assert "adam" in loader.get_group_options("optimizer")
