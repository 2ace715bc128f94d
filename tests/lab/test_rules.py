"""Rules by name: in this optbench, and in a source tree that may be another."""

import pytest

from optbench.errors import ConfigError
from optbench.lab.rules import rule_node, tree_rule_node
from tests.conftest import ROOT

SGD = {"_target_": "optbench.optimizers.sgd.sgd", "learning_rate": 0.1}
YAML = "_target_: somewhere.else.mine\nrate: 0.5\n"


@pytest.mark.parametrize("name", ["sgd", str(ROOT / "conf" / "optimizer" / "sgd.yaml"), SGD["_target_"]])
def test_a_rule_has_three_names(name):
    assert rule_node(name)["_target_"] == SGD["_target_"]


def test_a_tree_has_its_own_rules_whatever_they_need(tmp_path):
    folder = tmp_path / "conf" / "optimizer"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(YAML)
    expected = {"_target_": "somewhere.else.mine", "rate": 0.5}
    assert tree_rule_node("mine", tmp_path) == expected
    assert tree_rule_node("conf/optimizer/mine.yaml", tmp_path) == expected
    assert tree_rule_node("somewhere.else.mine", tmp_path) == {"_target_": "somewhere.else.mine"}


def test_an_installed_optbench_has_its_rules_inside_the_package(tmp_path):
    folder = tmp_path / "optbench" / "conf" / "optimizer"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(YAML)
    assert tree_rule_node("mine", tmp_path)["rate"] == 0.5


def test_a_tree_without_optbench_has_the_rules_of_this_one_and_a_tree_with_optbench_only_its_own(tmp_path):
    assert tree_rule_node("sgd", tmp_path) == SGD
    (tmp_path / "optbench").mkdir()
    with pytest.raises(ConfigError, match=r"There is no .*conf/optimizer/sgd\.yaml\."):
        tree_rule_node("sgd", tmp_path)


def test_a_yaml_file_that_a_tree_does_not_have_is_reported(tmp_path):
    with pytest.raises(ConfigError, match=r"mine\.yaml cannot be read"):
        tree_rule_node("mine.yaml", tmp_path)
