"""Another project of the same name is reported in one line."""

import pytest

from optbench.cli.namesake import FILES, describe_namesake
from tests.commands import optbench_command


def test_nothing_is_said_of_this_package_alone():
    assert describe_namesake() is None


@pytest.mark.parametrize("name", FILES)
def test_files_of_the_other_project_are_told_of_in_one_line(tmp_path, name, monkeypatch):
    (tmp_path / name).mkdir(parents=True)
    assert "automl/OptBench" in describe_namesake(tmp_path)
    monkeypatch.setattr("optbench.cli.main.describe_namesake", lambda: describe_namesake(tmp_path))
    done = optbench_command("--version", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [describe_namesake(tmp_path)]


SEARCH_PATH = """
from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class Theirs(SearchPathPlugin):
    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        search_path.append("theirs", "pkg://optbench/configs")
"""


def test_their_place_on_hydras_search_path_changes_nothing(tmp_path, monkeypatch):
    from hydra.core.plugins import Plugins

    names = {}
    exec(SEARCH_PATH, names)  # a class of a plugin, as Hydra would have found it
    seen = []
    monkeypatch.setattr("optbench.study.study.RunningStudy.add_specs", lambda self, specs: seen.extend(specs) or [0.0])
    Plugins.instance().register(names["Theirs"])
    try:
        done = optbench_command("-m", "optimizer=sgd", "dataset=iris", cwd=tmp_path)
    finally:
        remove_plugin(Plugins.instance(), names["Theirs"])
    assert done.stderr == ""
    assert len(seen) == 1


def remove_plugin(plugins, plugin):
    """Hydra has no way to take back a plugin."""
    for found in plugins.plugin_type_to_subclass_list.values():
        if plugin in found:
            found.remove(plugin)
    plugins.class_name_to_class.pop(f"{plugin.__module__}.{plugin.__name__}", None)
