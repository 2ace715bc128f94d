"""Curves with different steps: recorded values are unchanged, and none are invented."""

import numpy as np
import pandas as pd

from optbench.analysis.matrices import matrices
from optbench.analysis.uneven_steps import MOST_POINTS, best_recorded, fill_gaps, thin_steps
from optbench.analysis.values import bands, run_values

RUNS = pd.DataFrame(
    {
        "run_id": ["a0", "a1", "b0", "c0"],
        "problem": "p",
        "setting": ["a", "a", "b", "c"],
        "optimizer": ["a", "a", "b", "c"],
        "seed": [0, 1, 0, 0],
        "status": ["done", "done", "done", "diverged"],
    }
)


def curves(**points):
    """Losses on valid by run and step."""
    rows = [(run, step, value) for run, values in points.items() for step, value in values.items()]
    table = pd.DataFrame(rows, columns=["run_id", "step", "value"])
    return table.assign(epoch=np.nan, split="valid", metric="loss")


POINTS = curves(a0={0: 3.0, 4: 2.0}, a1={1: 3.5, 2: 1.0, 6: 1.5}, b0={0: 5.0, 3: 4.0}, c0={0: 5.0, 2: 9.0})


def filled(table):
    (matrix,) = matrices(RUNS, table)
    return fill_gaps(matrix)


def test_a_run_has_its_latest_value_up_to_the_end_of_its_setting():
    matrix = filled(POINTS)
    assert matrix.steps.tolist() == [0, 1, 2, 3, 4, 6]
    nan = np.nan
    expected = [[3, 3, 3, 3, 2, 2], [nan, 3.5, 1, 1, 1, 1.5], [5, 5, 5, 4, nan, nan], [5, 5, 9, nan, nan, nan]]
    np.testing.assert_array_equal(matrix.numbers, np.array(expected, float))


def test_final_and_best_values_are_the_recorded_ones():
    table = run_values([filled(POINTS)]).set_index("run_id")
    assert table["value"].to_dict() == {"a0": 2.0, "a1": 1.5, "b0": 4.0, "c0": np.inf}
    assert table["best"].to_dict() == {"a0": 2.0, "a1": 1.0, "b0": 4.0, "c0": np.inf}


def test_bands_are_drawn_where_all_runs_of_a_setting_have_a_value():
    table = bands([filled(POINTS)])
    steps = table.groupby("setting")["step"].apply(list).to_dict()
    assert steps == {"a": [1, 2, 3, 4, 6], "b": [0, 1, 2, 3], "c": [0, 1, 2, 3, 4, 6]}
    assert table.loc[(table["setting"] == "a") & (table["step"] == 1), "median"].tolist() == [3.25]
    assert np.isinf(table.loc[(table["setting"] == "c") & (table["step"] > 2), "median"]).all()


def test_many_steps_are_thinned_and_the_last_and_the_best_values_stay():
    steps = np.arange(10_001)
    values = np.linspace(2.0, 1.0, len(steps))
    values[5_001] = 0.25  # between two points that are kept
    table = curves(a0=dict(zip(steps.tolist(), values.tolist(), strict=True)), a1={3: 2.0, 7_777: 1.25})
    problems = RUNS.set_index("run_id")["problem"]
    thin = thin_steps(table, problems)
    assert thin["step"].nunique() <= MOST_POINTS
    assert set(thin["step"]) <= set(steps)
    runs = RUNS.iloc[:2]
    (matrix,) = matrices(runs, thin)
    found = run_values([fill_gaps(matrix, best_recorded(table, {}))]).set_index("run_id")
    assert found["value"].to_dict() == {"a0": 1.0, "a1": 1.25}
    assert found["best"].to_dict() == {"a0": 0.25, "a1": 1.25}


def test_few_steps_are_not_changed():
    assert thin_steps(POINTS, RUNS.set_index("run_id")["problem"]) is POINTS
