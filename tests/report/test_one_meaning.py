"""Each word, count and criterion of a page has one meaning, based on questions of first-time readers."""

import re

import numpy as np

from optbench.report.audits import audit
from optbench.report.facts import main_problem
from optbench.report.findings import merge_remedies
from optbench.report.first_screen import first_screen
from optbench.report.leaderboard import leaderboard
from optbench.report.overview import describe_size, describe_trials
from optbench.report.page import build
from optbench.report.parts import against_baseline, cost, final_values, learning_rate, step_times
from optbench.report.timing import TOO_NOISY
from optbench.report.verdict import verdict
from tests.report.made_studies import better, losses, made, tuned, with_timings
from tests.report.made_up_results import Made, write

MAJORITY = {"majority": {"digits_mlp": {"valid": 0.6, "test": 0.55}}}
TARGET = {"targets": {"digits_mlp": {"metric": "loss", "split": "valid", "value": 0.35}}}
RATES = (0.001, 0.003, 0.01, 0.03, 0.1)


def findings(data):
    return audit(data, list(data.scopes.values()))


def noisy_times(data):
    return with_timings(data, data.result.timings.assign(low=1e-6, high=1.0))


def test_good_rates_are_those_of_the_answer_and_none_between_them_was_tried():
    data = tuned(RATES, 0.01)
    scope = data.scopes["digits_mlp"]
    part = learning_rate.part(scope)
    best = next(row for row in part.body.tables[0].rows if row.header == scope.ranked["contender"].iloc[0])
    cell = best.cells[part.body.tables[0].columns.index("good rates") - 1]
    answer = verdict(data).rates
    assert f"The learning rates {cell.text} keep 95 % of the improvement of {best.header} since step 0" in answer
    assert f"({cell.detail} from 0.001 to 0.1, 1 seed each; none between them was tried)" in answer
    assert "keep 95 % of the improvement" in part.body.note
    assert "5 %" not in part.body.note.replace("95 %", "")


def test_each_p_value_says_over_which_comparisons_it_is_corrected():
    scope = made(better("adam"), seeds=10, optimizers=("sgd", "adam", "rmsprop", "adamw")).scopes["digits_mlp"]
    assert "corrected (Holm) over the 6 pairs of optimizers" in leaderboard(scope).body.note
    note = against_baseline.part(scope).body.note
    assert "corrected (Holm) over the 3 comparisons with sgd" in note
    assert "6 pairs of optimizers" in note
    assert "corrected (Holm) over the 3 comparisons with sgd" in final_values.part(scope).body.note


def test_no_ratio_is_shown_of_times_that_varied_too_much():
    quiet = made(better("adam"), seeds=10)
    for data, shown in ((quiet, True), (noisy_times(quiet), False)):
        scope = data.scopes["digits_mlp"]
        (board,) = leaderboard(scope).body.tables
        (costs,) = cost.part(scope).body.tables
        cells = [cell for table in (board, costs) for row in table.rows for cell in row.cells]
        assert any("×" in cell.text + cell.detail for cell in cells) == shown
        assert any(cell.detail == TOO_NOISY for cell in cells) == (not shown)
        drawings = [drawing.title for drawing in step_times.part(scope).body.drawings]
        assert ("ratio to plain sgd" in drawings) == shown


def test_the_median_of_a_target_that_half_of_the_runs_miss_is_more_than_a_run_has():
    def change(runs, curves):
        late = curves["run_id"].map(runs.set_index("run_id")["seed"]) % 2 == 1
        value = np.where(late & (curves["step"] > 0), 0.5, curves["value"])
        return runs, curves.assign(value=np.where(curves["metric"] == "loss", value, curves["value"]))

    scope = made(change, TARGET).scopes["digits_mlp"]
    (table,) = leaderboard(scope).body.tables
    cells = {row.header: row.cells[table.columns.index("steps to target") - 1] for row in table.rows}
    assert {cell[:2] for cell in cells.values()} == {("more than 660", "reached by 4 of 8 runs")}
    assert "train_s" not in cost.COLUMNS


def test_the_main_curve_is_of_the_problem_that_the_answer_is_about():
    both = ("digits_mlp", "iris_mlp")
    ahead = {"digits_mlp": "sgd", "iris_mlp": "adam"}

    def loss(run):  # adam has the better mean rank, and wins on the second problem alone
        return 1.0 + 0.01 * run.seed - 0.5 * (ahead[run.problem] == run.optimizer) + (run.optimizer == "rmsprop")

    names = ("sgd", "adam", "rmsprop")
    data = made(losses(lambda run: loss(run) + 2 * (run.optimizer == "sgd" and run.problem == "iris_mlp")),
                problems=both, optimizers=names, seeds=10)  # fmt: skip
    answer = verdict(data)
    first = first_screen(data, list(data.scopes.values()), answer)
    assert main_problem(data) == "iris_mlp"
    assert first.curve.title == "iris_mlp"
    assert "adam on iris_mlp" in answer.advice


def test_many_names_are_counted_with_a_place_to_see_them():
    names = tuple(f"rule{number}" for number in range(12))
    (found,) = [f for f in findings(noisy_times(made(optimizers=names))) if "step times" in f.sentence]
    assert f"12 of 12 settings (those that Runs and cost calls {TOO_NOISY})" in found.sentence
    assert "rule3" not in found.sentence


def test_next_steps_stand_in_the_answer_alone(tmp_path, reports_without_figures):
    write(tmp_path / "results", Made(optimizers=("sgd", "adam"), rates=RATES, seeds=2, points=4))
    page = build(tmp_path / "results", tmp_path / "reports", ["made"]).read_text(encoding="utf8")
    head, _, rest = page.partition('id="leaderboard"')
    assert "Widen the range of learning rates" in head
    assert "Widen the range of learning rates" not in rest


def test_a_remedy_of_several_findings_is_one_step_with_all_problems():
    found = findings(made(changed={"drawn": {p: ["valid", "test"] for p in ("digits_mlp", "iris_mlp")}},
                          problems=("digits_mlp", "iris_mlp")))  # fmt: skip
    steps = [step for step in merge_remedies(found) if "dataset.split_seed" in step.remedy]
    assert [step.where for step in steps] == ["digits_mlp, iris_mlp"]


def test_no_reader_sees_the_column_names_of_splits(tmp_path):
    write(tmp_path / "results", Made(optimizers=("sgd", "adam"), seeds=8, points=4, extra=TARGET))
    page = build(tmp_path / "results", tmp_path / "reports", ["made"]).read_text(encoding="utf8")
    body = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)
    texts = re.sub(r"<[^>]*>", " ", body)
    assert "validation loss" in texts
    assert re.findall(r"\bvalid\b(?!\.)", texts.replace("valid 200", "")) == []  # the made-up description has them


def test_a_rule_that_is_worse_after_training_than_before_is_reported():
    def change(runs, curves):
        optimizer = curves["run_id"].map(runs.set_index("run_id")["optimizer"])
        absurd = (optimizer == "adam") & (curves["metric"] == "loss") & (curves["step"] > 0)
        return runs, curves.assign(value=np.where(absurd, 38.9, curves["value"]))

    (found,) = [f for f in findings(made(change, seeds=10)) if "worse than before" in f.sentence]
    assert found.level == "warning"
    assert "the final validation loss of adam (38.9) is worse than before it (2.50)" in found.sentence
    assert not any("worse than before" in f.sentence for f in findings(made(seeds=10)))


def test_the_counts_of_runs_and_trials_are_the_same_everywhere(tmp_path):
    data = tuned(RATES, 0.01, seeds=9)
    assert describe_size(data) == (
        "16 compared runs (2 settings with 8 seeds each); before them, 10 trial runs chose the settings"
    )
    assert "in 10 trial runs (2 optimizers, 5 values each from 0.001 to 0.1, 1 seed per value)" in describe_trials(data)
    assert "16 compared runs" in describe_size(made(seeds=8))


def test_the_share_of_the_most_frequent_class_stands_beside_accuracies():
    scope = made(changed=MAJORITY).scopes["digits_mlp"]
    assert "most frequent class is right for 60.0 % on validation and 55.0 % on test" in leaderboard(scope).body.note
    table = next(table for table in final_values.part(scope).body.tables if table.caption.startswith("accuracy"))
    row = next(row for row in table.rows if row.header == "always the most frequent class")
    assert [cell.text for cell in row.cells[:3]] == ["not computed", "60.0", "55.0"]
    assert "most frequent" not in leaderboard(made().scopes["digits_mlp"]).body.note
