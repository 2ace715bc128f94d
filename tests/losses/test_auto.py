"""``loss=auto`` is the loss that fits the data set, and the runs are those of the loss by its name."""

import pytest

from optbench.config.build import check
from optbench.config.sources import Sources
from optbench.errors import ConfigError
from optbench.losses.auto import choose_loss, describe_choice
from optbench.problem.built import choose_parts
from optbench.spec.labels import problem_labels
from optbench.spec.run import identify
from tests.conftest import build_dataset, make_problem, make_setting, raw_node
from tests.losses.made_up import made_up_dataset


@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        ("classification", "cross_entropy"),
        ("sequence", "cross_entropy"),
        ("multilabel", "binary_cross_entropy"),
        ("regression", "mse"),
    ],
)
def test_the_loss_follows_the_kind_of_the_targets(kind, loss):
    dataset = made_up_dataset(kind)
    name, node = choose_loss(check(raw_node("loss", "auto"), "loss"), dataset)
    assert name == loss
    assert node == check(raw_node("loss", loss), "loss")
    assert describe_choice(name, dataset).startswith(f"loss=auto is {loss}: made_up_{kind} has ")


@pytest.mark.parametrize(("data", "loss"), [("iris", "cross_entropy"), ("diabetes", "mse")])
def test_ids_and_labels_are_those_of_the_loss_by_its_name(data, loss, stand_ins):
    named, auto = make_problem(data, loss=loss), make_problem(data, loss="auto")
    chosen = choose_parts(auto, build_dataset(data, stand_ins))
    assert chosen == named
    assert chosen.names == named.names
    ids = [identify(p, make_setting(), [0], Sources(), "")[0].run_id for p in (named, chosen)]
    assert ids[0] == ids[1]
    assert problem_labels({"a": named}) == problem_labels({"a": chosen})


def test_a_named_loss_stays():
    problem = make_problem(loss="mse")
    assert choose_parts(problem, made_up_dataset()) is problem


def test_arguments_reach_the_loss_that_is_chosen():
    node = check(raw_node("loss", "auto", class_weight="balanced"), "loss")
    assert choose_loss(node, made_up_dataset())[1]["class_weight"] == "balanced"
    with pytest.raises(ConfigError, match=r"Received: loss\.class_weight=balanced and dataset=made_up_regression"):
        choose_loss(node, made_up_dataset("regression"))


def test_a_default_that_was_added_later_is_no_part_of_a_node():
    assert check(raw_node("loss", "cross_entropy"), "loss") == {
        "_target_": "optbench.losses.cross_entropy.cross_entropy"
    }


def test_without_targets_there_is_nothing_to_follow(stand_ins):
    with pytest.raises(ConfigError, match=r"Name a test function, such as loss=rosenbrock\."):
        choose_parts(make_problem("none", "point", "auto"), build_dataset("none", stand_ins))
