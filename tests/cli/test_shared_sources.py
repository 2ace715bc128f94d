"""Hydra's private names that make its search of YAML files cheap exist, and nothing else changes."""

import copy

import pytest
import yaml
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.utils import create_config_search_path

from optbench.cli.shared_sources import list_group, loader_in_python, share_sources, yaml_loader
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


def test_files_are_parsed_as_omegaconf_parses_them():
    paths = sorted(conf_dir().rglob("*.yaml"))
    assert len(paths) > 100
    for path in paths:
        text = path.read_text(encoding="utf8")
        assert yaml.load(text, yaml_loader()) == yaml.load(text, loader_in_python()), path


@pytest.mark.parametrize(
    "text",
    ["a: 1e-3", "a: 2026-11-28", "a: ~", "a: 0o7", "a: on", "a: '1'", "a: [1, .5, -.inf]", "a: |\n  b\n  c\n", ""],
)
def test_values_are_read_as_omegaconf_reads_them(text):
    found, expected = (yaml.load(text, loader()) for loader in (yaml_loader, loader_in_python))
    assert repr(found) == repr(expected)


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a: [1", "a: b: c", "a: !!python/name:os.system", "\ta: 1"])
def test_what_omegaconf_refuses_is_refused(text):
    for loader in (yaml_loader, loader_in_python):
        with pytest.raises(yaml.YAMLError):
            yaml.load(text, loader())
