"""The contenders of a study, and its baseline."""

import pandas as pd
import pytest

from optbench.analysis.contenders import contenders, find_baseline, select_contenders
from optbench.errors import ConfigError

COLUMNS = ["problem", "setting", "optimizer", "split", "metric", "median"]
TWO = pd.DataFrame(
    [
        ("a", "adam 1", "adam", "valid", "loss", 2.0),
        ("a", "adam 2", "adam", "valid", "loss", 1.0),
        ("a", "sgd", "sgd", "valid", "loss", 3.0),
        ("b", "adam 1", "adam", "valid", "loss", 1.0),
        ("b", "adam 2", "adam", "valid", "loss", 2.0),
        ("b", "sgd", "sgd", "valid", "loss", 3.0),
    ],
    columns=COLUMNS,
)


def test_the_best_setting_on_each_problem_represents_an_optimizer():
    rows = contenders(TWO).to_numpy().tolist()
    assert rows == [
        ["a", "adam", "adam", "adam 2", 2],
        ["a", "sgd", "sgd", "sgd", 1],
        ["b", "adam", "adam", "adam 1", 2],
        ["b", "sgd", "sgd", "sgd", 1],
    ]


def test_in_a_study_of_one_optimizer_its_settings_are_compared():
    table = contenders(TWO[TWO["optimizer"] == "adam"])
    assert table["contender"].tolist() == ["adam 1", "adam 2"] * 2
    assert (table["of"] == 1).all()


def test_only_rows_of_contenders_are_selected():
    table = select_contenders(TWO, contenders(TWO))
    assert table[["problem", "setting", "contender"]].to_numpy().tolist() == [
        ["a", "adam 2", "adam"],
        ["a", "sgd", "sgd"],
        ["b", "adam 1", "adam"],
        ["b", "sgd", "sgd"],
    ]


def test_the_baseline_is_the_first_contender_or_the_requested_one():
    table = contenders(TWO)
    assert find_baseline(table) == "adam"
    assert find_baseline(table, "sgd") == "sgd"
    assert find_baseline(table, "adam 2") == "adam"
    with pytest.raises(ConfigError, match=r"one of adam, sgd\. Received: report\.baseline=adamm\."):
        find_baseline(table, "adamm")
