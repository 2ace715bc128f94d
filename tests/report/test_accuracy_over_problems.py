"""Accuracy over problems: its value, and when it is left out."""

import numpy as np
import pytest
from scipy import stats

from optbench.report.across_problems import accuracies, accuracy_part, across_problems
from tests.report.made_studies import made


def two_problems(**values):
    return made(problems=("digits_mlp", "iris_mlp"), **{"seeds": 10, **values})


def test_accuracy_over_problems_is_the_mean_of_the_middle_half_of_all_values():
    data = two_problems()
    (table,) = accuracy_part(data).body.tables
    final = data.final[(data.final["metric"] == "accuracy") & (data.final["split"] == "valid")]
    for row in table.rows:
        expected = stats.trim_mean(final.loc[final["optimizer"] == row.header, "value"], 0.25)
        assert float(row.cells[0].text) == pytest.approx(100 * expected, abs=0.051)


def test_fewer_than_twenty_values_or_one_problem_have_no_mean():
    assert accuracy_part(two_problems(seeds=9)) is None
    assert accuracy_part(made(seeds=20)) is None


def test_a_problem_without_accuracy_counts_only_in_the_ranks():
    def change(runs, curves):
        iris = curves["run_id"].isin(runs.loc[runs["problem"] == "iris_mlp", "run_id"])
        return runs, curves[~(iris & (curves["metric"] == "accuracy"))]

    data = two_problems(change=change)
    assert set(accuracies(data)["problem"]) == {"digits_mlp"}
    assert [part.title for part in across_problems(data).parts] == ["Ranks", "Won and lost problems"]


def test_a_problem_on_which_a_contender_has_no_accuracy_is_left_out():
    def change(runs, curves):
        one = curves["run_id"].isin(runs.query("problem == 'iris_mlp' and optimizer == 'sgd'")["run_id"])
        return runs, curves[~(one & (curves["metric"] == "accuracy"))]

    data = two_problems(change=change)
    assert set(accuracies(data)["problem"]) == {"digits_mlp"}


def test_a_diverged_run_has_accuracy_zero():
    def change(runs, curves):
        lost = (runs["seed"] == 0) & (runs["optimizer"] == "sgd")
        runs = runs.assign(status=np.where(lost, "diverged", "done"), diverged_at_step=np.where(lost, 700.0, np.nan))
        return runs, curves

    table = accuracies(two_problems(change=change))
    assert table.loc[table["diverged"], "value"].tolist() == [0.0, 0.0]
