"""Parameter groups: flat and nested names make the same node, and never give one parameter two values."""

import pytest

from optbench.config.build import check, flatten, is_node, make
from optbench.datasets.splits import HoldoutSplit, Subset, ValidationSplit
from optbench.errors import ConfigError
from tests.conftest import raw_node, stems

IRIS = {"_target_": "optbench.datasets.iris.iris"}
SPLIT = "optbench.datasets.splits.HoldoutSplit"
GROUPED = [(group, stem) for group in ("dataset", "model") for stem in stems(group)]


def checked(overrides=(), **values):
    return check({**IRIS, **values}, "dataset", overrides=overrides)


def refused(overrides=(), **values):
    with pytest.raises(ConfigError) as error:
        checked(overrides, **values)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_flat_and_nested_names_make_the_same_node():
    expected = {
        **IRIS,
        "split": {"_target_": SPLIT, "valid_fraction": 0.3, "test_fraction": 0.2, "split_seed": 0},
        "standardize": True,
        "subset": {"_target_": "optbench.datasets.splits.Subset", "limit": 50, "train_fraction": None},
        "features": [0, 1],
    }
    flat = checked(valid_fraction=0.3, limit=50, features=[0, 1])
    nested = checked(split={"valid_fraction": 0.3}, subset={"limit": 50}, features=[0, 1])
    with_target = checked(split={"_target_": SPLIT, "valid_fraction": 0.3}, limit=50, features=[0, 1])
    objects = checked(split=HoldoutSplit(valid_fraction=0.3), subset=Subset(50), features=[0, 1])
    assert flat == nested == with_target == objects == expected
    assert [list(node) for node in (flat, nested, with_target, objects)] == [list(expected)] * 4


def test_a_whole_number_becomes_a_float_under_either_name():
    flat = check({"_target_": "optbench.models.mlp.mlp", "bias": 1}, "model", ("inputs",))
    nested = check({"_target_": "optbench.models.mlp.mlp", "weights": {"bias": 1}}, "model", ("inputs",))
    assert isinstance(flat["weights"]["bias"], float)
    assert isinstance(nested["weights"]["bias"], float)


def test_the_rest_of_a_group_keeps_the_defaults_of_its_item():
    for values in ({"bias": 0.1}, {"weights": {"bias": 0.1}}):
        node = check({"_target_": "optbench.models.cnn_2c2d.cnn_2c2d", **values}, "model", ("inputs",))
        weights = {name: value for name, value in node["weights"].items() if name != "_target_"}
        assert weights == {"initializer": "truncated_normal", "stddev": 0.05, "bias": 0.1}


def test_a_checked_node_stays_the_same_when_it_is_checked_again():
    node = checked(valid_fraction=0.3)
    assert check(node, "dataset") == node


def test_a_flat_name_replaces_a_nested_default():
    assert checked(split={"valid_fraction": 0.2}, valid_fraction=0.3)["split"]["valid_fraction"] == 0.3
    assert check(raw_node("dataset", "mnist", valid_fraction=0.3), "dataset", ("data_dir",))["split"] == {
        "_target_": "optbench.datasets.splits.ValidationSplit",
        **ValidationSplit(valid_fraction=0.3)._asdict(),
    }


def test_the_same_value_under_both_names_is_no_contradiction():
    assert checked(split={"valid_fraction": 0.3}, valid_fraction=0.3)["split"]["valid_fraction"] == 0.3


def test_two_values_of_one_parameter_are_refused():
    assert refused(subset={"limit": 50}, limit=100) == (
        "`dataset.limit` and `dataset.subset.limit` are one parameter. "
        "Received: dataset.limit=100 and dataset.subset.limit=50. Give one of them."
    )


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [(["dataset.limit"], 100), (["dataset.subset.limit"], 50), (["dataset.split_seed"], None)],
)
def test_the_name_on_the_command_line_wins(overrides, expected):
    values = {"subset": {"limit": 50}, "limit": 100}
    if expected is None:
        assert "Give one of them." in refused(overrides, **values)
    else:
        assert checked(overrides, **values)["subset"]["limit"] == expected


@pytest.mark.parametrize("nested", [None, 50])
def test_two_values_on_the_command_line_are_refused_even_where_one_is_the_default(nested):
    both = ["dataset.limit", "dataset.subset.limit"]
    assert "Give one of them." in refused(both, subset={"limit": nested}, limit=100)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"valid_fractoin": 0.3}, "`dataset.valid_fractoin` does not exist. Did you mean `valid_fraction`? There is: "),
        ({"split": {"valid_fractoin": 0.3}}, "`dataset.split.valid_fractoin` does not exist. Did you mean `valid_fra"),
        ({"spilt": {"valid_fraction": 0.3}}, "`dataset.spilt` does not exist. Did you mean `split`? There is: "),
        ({"valid_fraction": 2}, "`dataset.valid_fraction` must be in (0, 1). Received: dataset.valid_fraction=2."),
        ({"split": {"valid_fraction": 2}}, "`dataset.split.valid_fraction` must be in (0, 1). Received: "),
        ({"limit": "x"}, "`dataset.limit` must be a whole number or null. Received: dataset.limit=x."),
        (
            {"subset": None},
            "`dataset.subset` is a group of keys: dataset.subset.limit, dataset.subset.train_fraction. "
            "Received: dataset.subset=null.",
        ),
        ({"split": {"_target_": "optbench.nowhere.x"}}, "`_target_: optbench.nowhere.x` cannot be imported: "),
    ],
)
def test_a_wrong_name_or_value_is_one_line_under_the_name_that_was_given(values, message):
    assert refused(**values).startswith(message)


def test_the_names_that_exist_include_the_flat_ones():
    assert refused(nothing=1).endswith(
        "There is: features, limit, split, split_seed, standardize, subset, test_fraction, train_fraction, "
        "valid_fraction."
    )


def outer(inner: object, other: object = None, alpha: float = 1.0):
    return inner, other, alpha


def left(alpha: float = 2.0, beta: float = 3.0, gamma: float = 4.0):
    return alpha, beta, gamma


def right(gamma: float = 5.0, delta: float = 6.0):
    return gamma, delta


OWN = {
    "_target_": f"{__name__}.outer",
    "inner": {"_target_": f"{__name__}.left"},
    "other": {"_target_": f"{__name__}.right"},
}


def test_a_flat_name_moves_into_the_one_inner_node_that_has_it():
    assert make(check({**OWN, "beta": 7, "delta": 8}, "p")) == ((2.0, 7.0, 4.0), (5.0, 8.0), 1.0)


def test_a_name_of_the_outer_node_stays_there():
    assert make(check({**OWN, "alpha": 7}, "p")) == ((2.0, 3.0, 4.0), (5.0, 6.0), 7.0)


def test_a_name_that_two_inner_nodes_have_is_not_short_for_either():
    with pytest.raises(ConfigError, match=r"`p\.gamma` does not exist\."):
        check({**OWN, "gamma": 7}, "p")


def test_a_group_may_be_another_object_with_parameters_of_its_own():
    own = {"_target_": f"{__name__}.right", "delta": 1.0}
    node = checked(split=own, gamma=9, limit=50)
    assert node["split"] == {"_target_": f"{__name__}.right", "gamma": 9.0, "delta": 1.0}
    assert "`dataset.valid_fraction` does not exist." in refused(split=own, valid_fraction=0.3)


@pytest.mark.parametrize(("group", "stem"), GROUPED)
def test_a_flattened_node_has_every_parameter_once_and_no_inner_node(group, stem):
    context = ("inputs", "data_dir")
    node = check(raw_node(group, stem), group, context)
    flat = flatten(node)
    assert not [name for name, value in flat.items() if is_node(value)]
    assert check(flat, group, context) == node


def test_flattening_goes_through_whole_identities_and_leaves_other_nodes_as_they_are():
    node = check(OWN, "p")
    assert flatten(node) == node
    identity = {"dataset": checked(limit=50), "loss": node, "batch_size": 32}
    flat = {"_target_": IRIS["_target_"], "valid_fraction": 0.2, "test_fraction": 0.2, "split_seed": 0}
    flat |= {"standardize": True, "limit": 50, "train_fraction": None, "features": None}
    assert flatten(identity) == {"dataset": flat, "loss": node, "batch_size": 32}
    assert list(flatten(identity)["dataset"]) == list(flat)
