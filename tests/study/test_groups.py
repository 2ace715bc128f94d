"""``optimizer.groups`` in a configuration: invalid values, printed notes, and the assignment of rules to parameters."""

from types import SimpleNamespace

import pytest

from optbench.config.build import check
from optbench.errors import ConfigError
from optbench.spec.groups import describe_all_groups
from optbench.spec.labels import setting_labels
from optbench.spec.parameter_names import describe_parameters
from optbench.spec.run import Setting
from optbench.study.groups import check_groups, describe_members, notes_on_parts
from optbench.study.read_groups import read_groups
from optbench.study.study_file import hyperparameters
from tests.conftest import raw_node

PATHS = ("dense_0/kernel", "dense_0/bias", "norm/gamma", "output/kernel", "output/bias")
SHAPES = ((3, 4), (4,), (4,), (4, 2), (2,))
MODEL = SimpleNamespace(names=PATHS, shapes=SHAPES, parameter_names=describe_parameters(PATHS, SHAPES))
SOFTMAX = SimpleNamespace(
    names=PATHS[3:], shapes=SHAPES[3:], parameter_names=describe_parameters(PATHS[3:], SHAPES[3:])
)


def setting(groups, optimizer="adamw", **values):
    node = check(raw_node("optimizer", optimizer, **values), "optimizer")
    return Setting(
        node, {"_target_": "x"}, {"optimizer": optimizer, "schedule": "constant"}, groups=read_groups(groups, node)
    )


WRONG = {
    "no list": ("norm", r"`optimizer.groups` must be a list. Received: norm. Write \[{match"),
    "no group": (["norm"], r"`optimizer.groups.0` must be a group of keys. Received: norm."),
    "no pattern": ([{"weight_decay": 0}], r"`optimizer.groups.0.match` must be a pattern .* Received: .*match=null"),
    "an empty pattern": ([{"match": "", "frozen": True}], r"must be a pattern"),
    "patterns that are no text": ([{"match": [1], "frozen": True}], r"must be a pattern .* Received: .*match=\[1\]"),
    "nothing different": ([{"match": "norm"}], r"must say what is different: hyperparameters, optimizer: NAME, or"),
    "frozen and not": ([{"match": "norm", "frozen": False}], r"must be either frozen, with only frozen: true"),
    "frozen and more": (
        [{"match": "norm", "frozen": True, "eps": 1}],
        r"must be either frozen, with only frozen: true",
    ),
    "a misspelt name": ([{"match": "norm", "weight_decy": 0}], r"`optimizer.groups.0.weight_decy` does not exist. Did"),
    "a wrong value": ([{"match": "a", "eps": 1}, {"match": "b", "b1": 2}], r"`optimizer.groups.1.b1` must be in \[0"),
    "another rule's": ([{"match": "norm", "optimizer": "sgd", "b1": 0.9}], r"`optimizer.groups.0.b1` does not exist"),
    "no such rule": ([{"match": "norm", "optimizer": "adm"}], r"`optimizer=adm` does not exist. Did you mean `adam`"),
    "a rule that is no name": ([{"match": "norm", "optimizer": 3}], r"groups.0.optimizer` must be a name"),
    "two rules": ([{"match": "norm", "optimizer": "sgd", "_target_": "a.b"}], r"names its rule twice"),
    "no rule": ([{"match": "norm", "_target_": "math.sqrt"}], r"`optimizer.groups.0.x` is needed"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_group_is_one_line(case):
    groups, message = WRONG[case]
    with pytest.raises(ConfigError, match=message) as caught:
        setting(groups)
    assert "\n" not in str(caught.value)


NO_MATCH = {
    "a layer that does not exist": (
        [{"match": "dense_7", "frozen": True}],
        r"`optimizer.groups.0` matches no parameter. Received: optimizer.groups.0.match=\['dense_7'\]. The model "
        r"has the layers dense_0, norm, output, and weight, bias, norm, first, last",
    ),
    "an earlier group has it": (
        [{"match": "bias", "eps": 1e-3}, {"match": "output/bias", "frozen": True}],
        r"`optimizer.groups.1` has no parameters: an earlier group has all that it matches",
    ),
    "nothing left": ([{"match": "*", "frozen": True}], r"freezes every parameter"),
}


@pytest.mark.parametrize("case", NO_MATCH)
def test_a_group_that_does_not_fit_the_model_is_refused(case):
    groups, message = NO_MATCH[case]
    with pytest.raises(ConfigError, match=message):
        check_groups(setting(groups), MODEL)


def test_the_members_of_all_groups_are_listed():
    groups = [{"match": "norm", "weight_decay": 0}, {"match": ["first"], "optimizer": "sgd", "learning_rate": 0.1}]
    assert describe_members(setting(groups), MODEL) == [
        "adamw, group [norm: weight_decay=0]: norm/gamma",
        "adamw, group [first: sgd learning_rate=0.1]: dense_0/kernel, dense_0/bias",
        "adamw, no group: output/kernel, output/bias",
        "adamw, no weight decay: output/bias",
    ]


def test_the_groups_that_a_rule_makes_itself_are_listed():
    assert describe_members(setting(None), MODEL) == ["adamw, no weight decay: dense_0/bias, norm/gamma, output/bias"]
    assert describe_members(setting(None, decay_all=True), MODEL) == []
    assert describe_members(setting(None, "muon"), MODEL) == [
        "muon, updated by Muon: none",
        "muon, updated by AdamW: " + ", ".join(PATHS),
    ]


def test_a_network_without_hidden_weights_has_nothing_for_muon():
    (note,) = notes_on_parts(setting(None, "muon"), SOFTMAX)
    assert note == "muon: this model has no parameter for Muon; AdamW updates all of it."
    assert notes_on_parts(setting(None), SOFTMAX) == []


def test_groups_are_part_of_the_setting_its_label_and_its_description():
    groups = [{"match": ["norm", "*/bias"], "weight_decay": 0}, {"match": "first", "frozen": True}]
    plain, grouped = setting(None), setting(groups)
    assert plain.nodes.keys() == {"optimizer", "schedule", "wrapper"}  # as before there were groups
    assert grouped.nodes["groups"]["groups"][0]["match"] == ["norm", "*/bias"]
    words = "norm, */bias: weight_decay=0; first: frozen"
    assert describe_all_groups(grouped.groups) == words
    assert setting_labels({"a": plain, "b": grouped})["b"] == f"adamw groups={words}"
    assert hyperparameters(SimpleNamespace(setting=grouped))["groups"] == words
    assert "groups" not in hyperparameters(SimpleNamespace(setting=plain))
