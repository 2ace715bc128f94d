"""Tables recomputed by hand."""

import math

import pandas as pd
import pytest

from optbench.analysis import tables
from optbench.errors import StoreError


def runs(*rows):
    columns = ["run_id", "setting", "optimizer", "seed", "status"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(problem="p", role="run", fingerprint="f" + table["seed"].astype(str), initial_loss=1.0)


def curves(values, split="valid", metric="loss"):
    """``{run_id: [value at step 0, 10, 20 ...]}``"""
    rows = [(r, 10 * i, float(i), split, metric, v) for r, series in values.items() for i, v in enumerate(series)]
    return pd.DataFrame(rows, columns=["run_id", "step", "epoch", "split", "metric", "value"])


THREE = runs(("a", "sgd", "sgd", 0, "done"), ("b", "sgd", "sgd", 1, "done"), ("c", "sgd", "sgd", 2, "diverged"))
CURVES = curves({"a": [4.0, 2.0, 1.0], "b": [4.0, 3.0, 2.0], "c": [4.0]})


def test_final_values_are_the_last_and_a_diverged_run_has_the_worst():
    values = tables.final_values(THREE, CURVES).set_index("run_id")["value"]
    assert values.to_dict() == {"a": 1.0, "b": 2.0, "c": math.inf}


def test_a_run_that_diverged_before_its_first_point_is_counted():
    table = tables.summary(tables.final_values(THREE, curves({"a": [4.0], "b": [4.0]})))
    assert table["runs"].tolist() == [3]


def test_a_summary_includes_diverged_runs_in_the_median_and_has_no_mean():
    row = tables.summary(tables.final_values(THREE, CURVES)).iloc[0]
    assert (row["median"], row["q25"], row["q75"], row["runs"]) == (2.0, 1.5, math.inf, 3)
    assert math.isnan(row["mean"])


def test_a_diverged_accuracy_is_zero():
    values = tables.final_values(THREE, curves({"a": [0.5], "b": [0.7], "c": [0.9]}, metric="accuracy"))
    assert values.set_index("run_id")["value"].to_dict() == {"a": 0.5, "b": 0.7, "c": 0.0}


def test_bands_have_the_worst_value_for_diverged_runs():
    band = tables.bands(THREE, CURVES)
    assert band["step"].tolist() == [0, 10, 20]
    assert band["epoch"].tolist() == [0.0, 1.0, 2.0]
    assert band["median"].tolist() == [4.0, 3.0, 2.0]
    assert band["q25"].tolist() == [4.0, 2.5, 1.5]
    assert band["q75"].tolist() == [4.0, math.inf, math.inf]


def test_the_test_value_is_taken_where_validation_was_best():
    both = pd.concat([curves({"a": [4.0, 1.0, 2.0]}), curves({"a": [9.0, 5.0, 1.0]}, split="test")])
    values = tables.values_at_best_valid(THREE[:1], both)
    assert values["value"].tolist() == [5.0]


def test_the_first_of_equal_validation_values_is_best_and_accuracy_is_maximized():
    both = pd.concat(
        [curves({"a": [0.1, 0.8, 0.8]}, metric="accuracy"), curves({"a": [0.1, 0.6, 0.9]}, "test", "accuracy")]
    )
    assert tables.values_at_best_valid(THREE[:1], both)["value"].tolist() == [0.6]


def test_ties_of_accuracy_are_broken_by_the_validation_loss():
    parts = [
        curves({"a": [0.1, 0.8, 0.8]}, metric="accuracy"),
        curves({"a": [3.0, 2.0, 1.0]}),
        curves({"a": [0.1, 0.6, 0.9]}, "test", "accuracy"),
    ]
    values = tables.values_at_best_valid(THREE[:1], pd.concat(parts))
    assert values[values["metric"] == "accuracy"]["value"].tolist() == [0.9]


def test_without_a_validation_split_there_is_no_best_point():
    assert tables.values_at_best_valid(THREE[:1], curves({"a": [1.0]}, split="test")).empty


def test_the_best_setting_has_the_lowest_median_validation_loss():
    table = runs(("a", "adam 1", "adam", 0, "done"), ("b", "adam 2", "adam", 0, "done"), ("c", "sgd", "sgd", 0, "done"))
    both = pd.concat(
        [curves({"a": [2.0], "b": [1.0], "c": [3.0]}), curves({"a": [0.0], "b": [9.0], "c": [9.0]}, "train")]
    )
    best = tables.best_settings(tables.summary(tables.final_values(table, both)))
    assert best[["optimizer", "setting", "of"]].to_numpy().tolist() == [["adam", "adam 2", 2], ["sgd", "sgd", 1]]


@pytest.mark.parametrize("column", ["fingerprint", "initial_loss"])
def test_runs_with_different_starts_are_an_error(column):
    table = runs(("a", "adam", "adam", 0, "done"), ("b", "sgd", "sgd", 0, "done"))
    table[column] = ["x", "y"] if column == "fingerprint" else [1.0, 1.001]
    with pytest.raises(StoreError, match="cannot be compared"):
        tables.comparable_runs(table)


def test_unfinished_runs_are_not_compared_but_counted():
    table = runs(("a", "sgd", "sgd", 0, "done"), ("b", "sgd", "sgd", 1, "failed"))
    assert tables.comparable_runs(table)["run_id"].tolist() == ["a"]
    counts = tables.count_statuses(table).iloc[0]
    assert (counts["done"], counts["failed"], counts["interrupted"]) == (1, 1, 0)
