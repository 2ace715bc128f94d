"""``decide_by``: its parser, and the split to which it refers."""

import pytest

from optbench.errors import ConfigError
from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy, parse_decide_by


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss", DecideBy()),
        ("f1", DecideBy("f1")),
        ("f1.best", DecideBy("f1", "valid", best=True)),
        ("valid.loss", DecideBy()),
        ("test.accuracy", DecideBy("accuracy", "test")),
        ("train.loss.best", DecideBy("loss", "train", best=True)),
        ("best", DecideBy("best")),
        ("test.best", DecideBy("test", best=True)),
        (None, None),
    ],
)
def test_it_names_metric_split_and_point(text, expected):
    assert parse_decide_by(text) == expected


@pytest.mark.parametrize("decide", [DEFAULT_DECISION, DecideBy("f1", "test", best=True)])
def test_its_text_is_read_as_itself(decide):
    assert parse_decide_by(str(decide)) == decide


@pytest.mark.parametrize(
    "text", ["", ".", "holdout.loss", "valid.loss.last", "a.b.c.d", "valid..loss", 3, ["loss"], True]
)
def test_another_form_is_refused_on_one_line(text):
    with pytest.raises(ConfigError, match=r"^`decide_by` must be metric, split\.metric or .* Received: decide_by="):
        parse_decide_by(text)


def test_valid_stands_for_the_first_split_that_there_is():
    assert DecideBy().split_among(["train", "valid", "test"]) == "valid"
    assert DecideBy().split_among(["train", "test"]) == "test"
    assert DecideBy().split_among(["train"]) == "train"
    assert DecideBy(split="train").split_among(["train", "valid"]) == "train"
