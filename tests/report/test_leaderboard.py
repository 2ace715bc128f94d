"""The leaderboard: its order, its columns and its cells."""

import numpy as np

from optbench.report.across_problems import overall_leaderboard
from optbench.report.leaderboard import TRAIN_NOTE, leaderboard
from optbench.report.scope import Scope
from optbench.report.sparkline import draw_path
from tests.report.made_studies import better, losses, made
from tests.report.test_audits import EASY


def board(data):
    part = leaderboard(Scope(data, data.problems[0], 0))
    (table,) = part.body.tables
    cells = {row.header: dict(zip(table.columns[1:], row.cells, strict=True)) for row in table.rows}
    return part, cells


def test_rows_are_sorted_by_result_and_have_their_rank_and_rate():
    part, cells = board(made(better("rmsprop"), optimizers=("sgd", "adam", "rmsprop"), seeds=8))
    assert next(iter(cells)) == "rmsprop"
    assert [row.rank for row in part.body.tables[0].rows] == [1, 2, 3]
    assert {row["learning rate"].text for row in cells.values()} == {"0.01"}
    assert cells["rmsprop"]["validation loss"].text == "0.535"
    assert cells["rmsprop"]["validation loss"].detail == "0.518 to 0.552"
    assert all(row["curve"].path.startswith("M") for row in cells.values())


def test_the_difference_from_the_best_has_a_size_a_mark_and_a_corrected_p_value():
    _, cells = board(made(better("adam"), seeds=8))
    assert cells["adam"]["difference from best"].text == "best"
    assert cells["sgd"]["difference from best"][:3] == ("+0.5", "significant, p = 0.0078", "significant")
    _, cells = board(made(better("adam"), seeds=5))
    assert cells["sgd"]["difference from best"].detail == "not significant, p = 0.062"
    _, cells = board(made(losses(lambda run: 1.0 + run.seed), seeds=8))
    assert cells["adam"]["difference from best"][:2] == ("0", "the same for each seed")


def test_a_lower_accuracy_has_a_minus_sign_and_percentage_points():
    def change(runs, curves):
        sgd = curves["run_id"].map(runs.set_index("run_id")["optimizer"]) == "sgd"
        return runs, curves.assign(value=np.where(sgd, 0.75, 0.5))

    _, cells = board(made(change, {"decide_by": "valid.accuracy"}))
    assert cells["adam"]["difference from best"].text == "−25.0 points"


def test_time_diverged_runs_and_steps_to_the_target_are_columns():
    _, cells = board(made(changed=EASY, rates=(0.01, 10.0)))
    assert cells["sgd"]["time per step"][:2] == ("20.0 µs", "1.0 × the fastest")
    assert cells["adam"]["time per step"].detail == "1.5 × the fastest"
    assert cells["sgd"]["diverged"].text == "0 of 8"
    assert cells["sgd"]["steps to target"][:2] == ("0", "reached by 8 of 8 runs")


def test_the_training_time_stands_in_with_a_caution_where_no_step_was_timed():
    part, cells = board(made(timed=False))
    assert TRAIN_NOTE in part.body.note
    assert cells["sgd"]["training time"].text == "about 31.2 ms"
    assert "training time" not in board(made())[1]["sgd"]


def test_problems_have_a_common_leaderboard_by_mean_rank():
    problems = ("digits_mlp", "iris_mlp")
    data = made(better("adam"), problems=problems)
    scopes = [Scope(data, problem, number) for number, problem in enumerate(problems)]
    (table,) = overall_leaderboard(data, scopes).body.tables
    assert [(row.header, row.cells[0].text, row.cells[1].text) for row in table.rows] == [
        ("adam", "1.00", "2 of 2"),
        ("sgd", "2.00", "0 of 2"),
    ]
    assert table.rows[0].cells[2][:2] == ("0.535", "rank 1")


def test_a_sparkline_leaves_out_values_that_are_not_finite():
    assert draw_path(np.array([0.0, 1.0, np.inf]), 0.0, 1.0) == "M2.0 24.0L48.0 2.0"
    assert draw_path(np.array([np.nan, 1.0]), 0.0, 1.0) == ""
