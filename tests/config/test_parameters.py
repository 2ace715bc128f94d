"""Checks before anything runs."""

from typing import Annotated, Literal

import pytest

from optbench.config.build import NUMBER, check, join, make, split
from optbench.config.environment_values import marked, reference_of
from optbench.config.parameters import AtLeastOne, Positive, Range, Search, check_arguments, parameters
from optbench.errors import ConfigError


def target(
    rate: Annotated[float, Positive, Search(1e-5, 1.0, log=True)],
    b: Annotated[float, Range(0, 1)] = 0.9,
    widths: Annotated[list[int], AtLeastOne] = [1],  # noqa: B006
    outputs: Annotated[int | None, AtLeastOne] = None,
    kind: Literal["a", "b"] = "a",
    size: Annotated[int | Literal["full"], AtLeastOne] = "full",
    flag: bool = True,
):
    return rate, b, widths, outputs, kind, size, flag


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rate": -1}, "`t.rate` must be greater than 0. Received: t.rate=-1."),
        ({"rate": float("nan")}, "`t.rate` must be greater than 0. Received: t.rate=nan."),
        ({"rate": float("inf")}, "`t.rate` must be greater than 0. Received: t.rate=inf."),
        ({"rate": "abc"}, "`t.rate` must be a number. Received: t.rate=abc."),
        ({"rate": True}, "`t.rate` must be a number. Received: t.rate=true."),
        ({"rate": 1, "b": 1.2}, "`t.b` must be in [0, 1). Received: t.b=1.2."),
        ({"rate": 1, "b": 1}, "`t.b` must be in [0, 1). Received: t.b=1."),
        ({"rate": 1, "widths": 3}, "`t.widths` must be a list, each member a whole number. Received: t.widths=3."),
        ({"rate": 1, "widths": [3, 0]}, "`t.widths` must be at least 1. Received: t.widths=[3,0]."),
        ({"rate": 1, "outputs": 1.5}, "`t.outputs` must be a whole number or null. Received: t.outputs=1.5."),
        ({"rate": 1, "kind": "c"}, "`t.kind` must be one of a, b. Received: t.kind=c."),
        ({"rate": 1, "size": "half"}, "`t.size` must be a whole number or full. Received: t.size=half."),
        ({"rate": 1, "size": 0}, "`t.size` must be at least 1. Received: t.size=0."),
        ({"rate": 1, "flag": 1}, "`t.flag` must be true or false. Received: t.flag=1."),
        ({"rat": 1}, "`t.rat` does not exist. Did you mean `rate`?"),
        ({"b": 0.5}, "`t.rate` is needed and was not given. Add t.rate=..."),
    ],
)
def test_a_wrong_value_gets_one_line(values, message):
    with pytest.raises(ConfigError) as error:
        check_arguments(target, values, "t")
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_whole_number_becomes_a_float_where_a_float_is_declared():
    cast = check_arguments(target, {"rate": 1}, "t")
    assert isinstance(cast["rate"], float)


@pytest.mark.parametrize("values", [{"b": 0}, {"widths": []}, {"outputs": None}, {"size": 3}, {"size": "full"}])
def test_a_right_value_passes(values):
    assert check_arguments(target, {"rate": 0.1, **values}, "t").keys() == {"rate", *values}


def test_the_search_space_stands_in_the_signature():
    assert parameters(target)["rate"].search == Search(1e-5, 1.0, log=True)
    assert parameters(target)["b"].search is None


def pair(first: float, second: object, others: list = []):  # noqa: B006
    return first, second, others


NODE = {
    "_target_": f"{__name__}.pair",
    "first": 1,
    "second": {"_target_": f"{__name__}.target", "rate": 2.0, "widths": [4]},
    "others": [{"_target_": f"{__name__}.target", "rate": 3.0}],
}


def test_nodes_inside_nodes_are_checked_and_made():
    made = make(check(NODE, "p"))
    assert made == (1.0, (2.0, 0.9, [4], None, "a", "full", True), [(3.0, 0.9, [1], None, "a", "full", True)])


def test_a_mistake_inside_a_node_says_where():
    wrong = {**NODE, "second": {**NODE["second"], "rate": -2}}
    with pytest.raises(ConfigError, match=r"`p\.second\.rate` must be greater than 0"):
        check(wrong, "p")


def test_numbers_and_structure_part_and_join_again():
    node = check(NODE, "p")
    structure, floats = split(node, "p")
    assert floats == {
        "p.first": 1.0,
        "p.second.rate": 2.0,
        "p.second.b": 0.9,
        "p.others.0.rate": 3.0,
        "p.others.0.b": 0.9,
    }
    assert structure["second"]["rate"] == NUMBER
    assert structure["second"]["widths"] == [4]
    assert join(structure, floats, "p") == node


def test_null_and_a_number_are_two_structures():
    def structure_of(value):
        return split(check({"_target_": f"{__name__}.optional", "clip": value}, "p"), "p")[0]

    assert structure_of(0.1) == structure_of(0.2) != structure_of(None)


def optional(clip: float | None = None, *rest: float, **keywords: float):
    return clip


def test_defaults_of_the_signature_are_part_of_a_node():
    assert check({"_target_": f"{__name__}.optional"}, "p") == {"_target_": f"{__name__}.optional", "clip": None}


@pytest.mark.parametrize(
    "name", ["nowhere.x", "builtins.dict", "optbench.config.build.nothing", "optbench.config.build.TARGET", "plain"]
)
def test_a_target_that_cannot_be_called_is_refused(name):
    with pytest.raises(ConfigError, match="_target_"):
        check({"_target_": name}, "optimizer")


def test_a_number_from_the_environment_stays_one_in_the_type_that_is_declared():
    def target(count: int, rate: float) -> None:
        """A target."""

    given = {"count": marked(1000.0, "${oc.env:COUNT}"), "rate": marked(1, "${oc.env:RATE}")}
    found = check_arguments(target, given, "model")
    assert found == {"count": 1000, "rate": 1.0}
    assert [type(value).__mro__[1] for value in found.values()] == [int, float]
    assert [reference_of(value) for value in found.values()] == ["${oc.env:COUNT}", "${oc.env:RATE}"]
