"""Values of runs against plain pandas, one run at a time."""

import math

import numpy as np
import pandas as pd
import pytest

from optbench.analysis import metrics
from optbench.analysis.matrices import matrices
from optbench.analysis.metrics import lower_is_better, worst_value
from optbench.analysis.values import bands, run_values, summary, values_at_best_valid
from tests.analysis.made_up import curves_of, runs_of, study

RUNS, CURVES = study()
ONE = runs_of({"sgd": ["done"]})


def test_each_run_split_and_metric_has_its_last_best_and_mean_value():
    values = run_values(matrices(RUNS, CURVES))
    assert len(values) == len(RUNS) * 4
    for row in values.itertuples():
        curve = CURVES[(CURVES["run_id"] == row.run_id) & (CURVES["split"] == row.split)]
        curve = curve[curve["metric"] == row.metric].sort_values("step")
        low = lower_is_better(row.metric)
        area = np.trapezoid(curve["value"], curve["step"]) / curve["step"].max()
        expected = (curve["value"].iloc[-1], curve["value"].min() if low else curve["value"].max(), area)
        if row.diverged:
            expected = (worst_value(row.metric),) * 3
        assert (row.value, row.best, row.area) == pytest.approx(expected)


def test_the_order_of_the_rows_of_curves_and_their_types_change_nothing():
    shuffled = CURVES.sample(frac=1.0, random_state=3)
    as_categories = shuffled.astype({"run_id": "category", "split": "category", "metric": "category"})
    keys = ["run_id", "split", "metric"]
    expected = run_values(matrices(RUNS, CURVES)).sort_values(keys, ignore_index=True)
    for curves in (shuffled, as_categories):
        found = run_values(matrices(RUNS, curves)).sort_values(keys, ignore_index=True)
        pd.testing.assert_frame_equal(found, expected)


def test_curves_of_other_runs_are_ignored():
    both = pd.concat([curves_of({"p/sgd/0": [2.0, 1.0]}), curves_of({"another": [9.0, 9.0, 9.0]})])
    (matrix,) = matrices(ONE, both)
    assert matrix.numbers.tolist() == [[2.0, 1.0]]
    assert matrix.steps.tolist() == [0, 10]
    assert matrix.epochs.tolist() == [0.0, 0.5]


def test_a_curve_of_one_point_is_its_own_mean():
    row = run_values(matrices(ONE, curves_of({"p/sgd/0": [3.0]}))).iloc[0]
    assert (row["value"], row["best"], row["area"]) == (3.0, 3.0, 3.0)


def test_a_curve_without_values_has_no_value():
    nothing = np.full((1, 3), math.nan)
    assert np.isnan(metrics.last_values(nothing)).all()
    assert np.isnan(metrics.best_values(nothing, "loss")).all()
    assert np.isnan(metrics.normalized_area(nothing, np.array([0, 1, 2]))).all()
    assert run_values(matrices(ONE, curves_of({}))).empty


def test_the_area_is_exact_for_a_line_whatever_the_points():
    steps = np.array([0, 1, 5, 20])
    assert metrics.normalized_area(2.0 * steps[None] + 1.0, steps) == pytest.approx([21.0])  # the middle of 1 and 41


def test_a_summary_is_that_of_plain_pandas():
    values = run_values(matrices(RUNS, CURVES))
    table = summary(values).set_index(["problem", "setting", "split", "metric"])
    done = values[values["setting"] != "rule0"].groupby(["problem", "setting", "split", "metric"])["value"]
    pd.testing.assert_series_equal(table.loc[done.median().index, "median"], done.median(), check_names=False)
    pd.testing.assert_series_equal(table.loc[done.mean().index, "mean"], done.mean(), check_names=False)
    assert (table["runs"] == 4).all()
    assert table.xs("rule0", level="setting")["mean"].isna().all()


def test_a_summary_has_settings_with_different_numbers_of_seeds():
    runs = runs_of({"sgd": ["done"] * 3, "adam": ["done"] * 2})
    curves = curves_of({r: [float(n)] for n, r in enumerate(runs["run_id"])})
    table = summary(run_values(matrices(runs, curves)))
    assert table[["setting", "runs", "median"]].to_numpy().tolist() == [["sgd", 3, 1.0], ["adam", 2, 3.5]]


def test_bands_are_the_percentiles_of_each_point():
    table = bands(matrices(RUNS, CURVES))
    merged = CURVES.merge(RUNS[["run_id", "problem", "setting"]], on="run_id").query("setting == 'rule1'")
    keys = ["problem", "split", "metric", "step"]
    expected = merged.groupby(keys)["value"].quantile([0.5, 0.25, 0.75]).unstack()
    found = table[table["setting"] == "rule1"].set_index(keys).loc[expected.index, ["median", "q25", "q75"]]
    np.testing.assert_allclose(found, expected)


def test_the_test_value_at_the_best_validation_point_is_that_of_a_search_by_hand():
    values = values_at_best_valid(list(matrices(RUNS, CURVES)))
    assert set(values["split"]) == {"test"}
    for row in values[~values["diverged"]].itertuples():
        of_run = CURVES[CURVES["run_id"] == row.run_id].pivot(index="step", columns=["split", "metric"], values="value")
        cost = metrics.cost_sign(row.metric) * of_run[("valid", row.metric)]
        ranked = sorted(of_run.index, key=lambda step: (cost[step], of_run.loc[step, ("valid", "loss")], step))
        assert row.value == of_run.loc[ranked[0], ("test", row.metric)]
