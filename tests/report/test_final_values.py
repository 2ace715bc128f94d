"""The tables of final values: their order, their marks and their intervals."""

import numpy as np
import pytest

from optbench.report.parts import against_baseline, cost, final_values
from optbench.report.scope import Scope
from optbench.spec.metrics import MetricRange
from tests.report.made_studies import better, losses, made


def scope(data):
    return Scope(data, data.problems[0], 0)


def test_rows_are_sorted_by_what_decides_in_all_tables():
    of_rmsprop = scope(made(better("rmsprop"), optimizers=("sgd", "adam", "rmsprop")))
    for table in [*final_values.part(of_rmsprop).body.tables, *cost.part(of_rmsprop).body.tables]:
        assert table.rows[0].header == "rmsprop"


def test_a_mark_stands_only_at_its_metric_and_has_the_size_of_the_difference():
    tables = final_values.part(scope(made(better("adam")))).body.tables
    marks = {table.caption: [row.mark for row in table.rows] for table in tables}
    assert marks["loss"] == ["better than sgd (−0.500)", ""]
    assert set(marks["accuracy, %"]) == {""}


@pytest.mark.parametrize(
    ("metric", "declared", "expected"),
    [
        ("accuracy", {}, "mean 50.0 [0.0, 100.0]"),
        ("f1", {"f1": MetricRange("maximize", 0.0, 1.0)}, "mean 0.500 [0.00, 1.00]"),
        ("loss", {}, "mean 0.500 [−0.200, 1.20]"),
    ],
)
def test_intervals_end_at_the_range_of_the_metric(metric, declared, expected):
    row = {"median": 0.5, "q25": 0.4, "q75": 0.6, "mean": 0.5, "mean_low": -0.2, "mean_high": 1.2, "runs": 3}
    assert final_values.cell(metric, row, declared).detail == expected


def test_a_missing_mean_has_its_reason():
    row = {"median": 0.5, "q25": 0.4, "q75": 0.6, "mean": np.nan, "mean_low": np.nan, "mean_high": np.nan, "runs": 3}
    assert final_values.cell("loss", row).detail == "no mean: a run diverged"
    assert final_values.cell("loss", row | {"runs": 1}).detail == "one seed"


def test_the_paired_comparison_counts_seeds():
    rows = against_baseline.part(scope(made(better("adam"), seeds=8))).body.tables[0].rows
    assert [cell.text for cell in rows[0].cells] == ["−0.500", "8 of 8 seeds", "0.008", "significantly better"]
    few = against_baseline.part(scope(made(better("adam"), seeds=3)))
    assert few.body.tables[0].rows[0].cells[3].text == "not significant"
    assert "too few seeds" in few.body.note
    equal = against_baseline.part(scope(made(losses(lambda run: 1.0 + run.seed))))
    assert equal.body.tables[0].rows[0].cells[1].text == "none: equal on 8 of 8 seeds"


def test_missing_times_have_a_reason_and_the_training_time_is_shown():
    part = cost.part(scope(made(timed=False)))
    assert {row.cells[4].text for row in part.body.tables[0].rows} == {"not measured"}
    assert {row.cells[6].text for row in part.body.tables[0].rows} == {"about 31.2 ms"}
    assert "timing=false" in part.body.note
    assert "timing=false" not in cost.part(scope(made())).body.note
