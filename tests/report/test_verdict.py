"""The verdict's sentences and the audits, on made-up studies."""

from dataclasses import replace

import numpy as np
import pytest

from optbench.report.audits import audit
from optbench.report.loading import report_data
from optbench.report.scope import Scope
from optbench.report.verdict import verdict
from optbench.results.loading import load, load_result
from optbench.results.store import Store
from optbench.results.study_json import from_json, to_json
from tests.report.made_up_results import Made, write


def made(folder, change=None, changed=None, **values):
    """Return the report data of a made-up study of two rules, after ``change`` modified its runs and curves."""
    study = Made(**{"optimizers": ("sgd", "adam"), **values})
    write(folder / "one", study)
    store = Store(folder / "two")
    store.prepare()
    file = from_json(to_json(Store(folder / "one").read_study("made")) | (changed or {}))
    runs, curves = load(folder / "one", "made")
    if change is not None:
        runs, curves = change(runs, curves)
    store.write_shard(runs, curves)
    store.write_timings(Store(folder / "one").timings())
    store.write_study("made", file)
    return report_data(load_result(store, store.read_study("made")))


def with_timings(data, timings):
    """Report data with other step times."""
    return replace(data, result=replace(data.result, timings=timings))


def losses(of_run):
    """Return a change that sets the loss of each run on every split to ``of_run(run)``."""

    def change(runs, curves):
        ends = {run.run_id: of_run(run) for run in runs.itertuples()}
        value = curves["run_id"].map(ends)
        return runs, curves.assign(value=np.where(curves["metric"] == "loss", value, curves["value"]))

    return change


def better(optimizer, by=0.5):
    return losses(lambda run: 1.0 + 0.01 * run.seed - by * (run.optimizer == optimizer))


def sentences_of(data):
    """The verdict as three sentences."""
    return verdict(data).sentences


def test_the_command_stands_alone_whatever_its_sentence_says(tmp_path):
    def without_validation(runs, curves):
        """Results of a problem without a validation split, whose sentence has a colon before the command."""
        return runs, curves[curves["split"] != "valid"]

    found = verdict(made(tmp_path, without_validation))
    assert "there is no validation split" in found.advice
    assert found.command.startswith("python -m optbench ")


def test_a_clear_winner(tmp_path):
    first, second, third = sentences_of(made(tmp_path, better("adam"), seeds=10))
    assert "adam ended digits_mlp with the lowest loss, 0.545 in the median of 10 seeds" in first
    assert "chance does not explain its lead over sgd" in first
    assert "step" in second
    assert third.startswith("What the data speak for: python -m optbench optimizer=adam")


def test_a_winner_that_differs_from_some_contenders_names_them(tmp_path):
    noise = np.random.default_rng(4).normal(size=(2, 10))
    near = {"adam": 0, "rmsprop": 1}

    def loss(run):
        return 1.0 + 0.1 * noise[near[run.optimizer], run.seed] if run.optimizer in near else 9.0

    first, _, third = sentences_of(made(tmp_path, losses(loss), seeds=10, optimizers=("sgd", *near)))
    assert "that is more than chance against sgd, but not against" in first
    assert " is told apart from 1 of 2 others; its setting: python -m optbench optimizer=" in third


def test_a_tie_is_reported_as_no_difference(tmp_path):
    noise = np.random.default_rng(4).normal(size=(2, 10))
    data = made(tmp_path, losses(lambda run: 1.0 + 0.1 * noise[int(run.optimizer == "adam"), run.seed]), seeds=10)
    first, _, third = sentences_of(data)
    assert "its lead may be chance" in first
    assert third.startswith("No difference is shown; the one with the lowest loss: python -m optbench")


def test_one_seed_shows_no_difference(tmp_path):
    first, _, third = sentences_of(made(tmp_path, better("adam"), seeds=1))
    assert "1 seed cannot tell adam from any other: it takes 6" in first
    assert third.startswith("No difference is shown")


def test_a_single_optimizer_is_not_compared(tmp_path):
    first, _, third = sentences_of(made(tmp_path, optimizers=("adam",)))
    assert first.startswith("Only adam was run, so nothing is compared")
    assert third.startswith("What was run: python")


def test_no_optimizer_is_recommended_if_all_runs_diverged(tmp_path):
    first, second, third = sentences_of(made(tmp_path, rates=(10.0,)))
    assert first == "Every run diverged, so no optimizer can be recommended."
    assert "Smaller learning rates" in second
    assert third.endswith(made(tmp_path, rates=(10.0,)).study.command)


def test_two_problems_with_different_winners(tmp_path):
    ahead = {"digits_mlp": "adam", "iris_mlp": "sgd"}
    change = losses(lambda run: 1.0 + 0.01 * run.seed - 0.5 * (ahead[run.problem] == run.optimizer))
    first, _, third = sentences_of(made(tmp_path, change, problems=tuple(ahead), seeds=10))
    assert "No optimizer is ahead everywhere" in first
    assert "adam on 1 of 2, sgd on 1 of 2" in first
    assert " on digits_mlp: " in third or " on iris_mlp: " in third


def test_problems_without_significant_differences_recommend_no_winner(tmp_path):
    noise = np.random.default_rng(4).normal(size=(2, 10))
    change = losses(lambda run: 1.0 + 0.1 * noise[int(run.optimizer == "adam"), run.seed])
    _, _, third = sentences_of(made(tmp_path, change, problems=("digits_mlp", "iris_mlp"), seeds=10))
    assert third.startswith("No difference is shown; the best by mean rank, with its setting on digits_mlp: python")


def test_a_problem_on_which_all_runs_diverged_is_named(tmp_path):
    def change(runs, curves):
        lost = runs["problem"] == "iris_mlp"
        runs = runs.assign(status=np.where(lost, "diverged", "done"), diverged_at_step=np.where(lost, 700.0, np.nan))
        return better("adam")(runs, curves)

    first, second, _ = sentences_of(made(tmp_path, change, problems=("digits_mlp", "iris_mlp"), seeds=10))
    assert first.startswith("adam ended digits_mlp with the lowest loss")
    assert "on iris_mlp no setting had a finite loss in most of its runs" in second.lower()


def test_the_longer_step_of_the_winner_is_stated(tmp_path):
    data = made(tmp_path, better("adam"), seeds=10)
    slow = data.result.timings.assign(step_s=np.where(data.result.timings["setting_id"] == slow_id(data), 3e-4, 1e-4))
    slow = slow.assign(low=slow["step_s"] * 0.99, high=slow["step_s"] * 1.01)
    assert "a step of adam takes 3.0 times as long as one of sgd" in sentences_of(with_timings(data, slow))[1].lower()


def slow_id(data):
    return data.runs.loc[data.runs["optimizer"] == "adam", "setting_id"].iloc[0]


def test_steps_with_overlapping_intervals_are_not_called_different(tmp_path):
    data = made(tmp_path, better("adam"), seeds=10)
    step_s = np.where(data.result.timings["setting_id"] == slow_id(data), 2e-4, 1e-4)
    wide = with_timings(data, data.result.timings.assign(step_s=step_s, low=5e-5, high=4e-4))
    assert "no step of another is shown to take less time" in sentences_of(wide)[1].lower()


def findings(data):
    return [finding.sentence for finding in audit(data, [Scope(data, p, i) for i, p in enumerate(data.problems)])]


def has_finding(data, words):
    return any(words in sentence for sentence in findings(data))


def test_a_good_study_has_no_warnings(tmp_path):
    data = made(tmp_path, better("adam"), seeds=10)
    assert not any(f.level == "warning" for f in audit(data, [Scope(data, "digits_mlp", 0)]))


def host(runs, curves):
    return runs.assign(host=np.where(runs["seed"] == 0, "elsewhere", runs["host"])), curves


def saturate_accuracy(runs, curves):
    return runs, curves.assign(value=np.where(curves["metric"] == "accuracy", 1.0, curves["value"]))


def drop_valid(runs, curves):
    return runs, curves[curves["split"] != "valid"]


def gap(runs, curves):
    test = (curves["split"] == "test") & (curves["metric"] == "accuracy")
    return runs, curves.assign(value=np.where(test, 0.5, curves["value"]))


def loss_gap(runs, curves):
    test = (curves["split"] == "test") & (curves["metric"] == "loss")
    return runs, curves.assign(value=np.where(test, 100.0, curves["value"]))


def loss_alone(runs, curves):
    return loss_gap(runs, curves[curves["metric"] == "loss"])


def decrease_loss(runs, curves):
    return runs, curves.assign(value=np.where(curves["metric"] == "loss", 1.0 - curves["step"] / 700, curves["value"]))


LINE = {"label": "x", "metric": "loss", "split": "test", "value": 1, "source": "y"}
PUBLISHED = {"published": {"digits_mlp": [LINE]}}
HARD = {"targets": {"digits_mlp": {"metric": "loss", "split": "valid", "value": -1.0}}}
EASY = {"targets": {"digits_mlp": {"metric": "loss", "split": "valid", "value": 100.0}}}


@pytest.mark.parametrize(("words", "change", "values"), [
    ("2 machines", host, {}),
    ("With 3 seeds a setting", None, {"seeds": 3}),
    ("3 seeds cannot show a difference", None, {"seeds": 3}),
    ("No run reached the target", None, {"changed": HARD}),
    ("Every run reached the target", None, {"changed": EASY}),
    ("too easy to compare", saturate_accuracy, {}),
    ("picked on the seeds", None, {"rates": (0.01, 0.1)}),
    ("no validation split", drop_valid, {}),
    ("smallest or largest that was tried", None, {"rates": (0.01, 0.1, 1.0)}),
    ("still improved at the end", decrease_loss, {}),
    ("test accuracy is far from train's", gap, {}),
    ("test loss is far from train's", loss_alone, {}),
    ("kept one order of batches", None, {"changed": PUBLISHED}),
])  # fmt: skip
def test_an_audit_finds_its_problem_and_nothing_in_a_good_study(tmp_path, words, change, values):
    assert has_finding(made(tmp_path / "loud", change, **{"seeds": 10, **values}), words)
    quiet = losses(lambda run: 1.0 + 0.01 * run.seed)
    assert not has_finding(made(tmp_path / "quiet", quiet, seeds=10), words)


def test_a_large_loss_ratio_is_no_finding_if_accuracies_agree(tmp_path):
    assert not has_finding(made(tmp_path, loss_gap, seeds=10), "far from train's")


def test_equal_findings_of_two_problems_are_merged(tmp_path):
    both = ("digits_mlp", "iris_mlp")
    data = made(tmp_path, gap, problems=both, seeds=10)
    found = audit(data, [Scope(data, problem, i) for i, problem in enumerate(data.problems)])
    assert [finding.where for finding in found if "far from train's" in finding.sentence] == [", ".join(both)]


def test_an_interval_over_more_rounds_implies_a_larger_spread(tmp_path):
    data = made(tmp_path, better("adam"), seeds=10)
    timings = data.result.timings.assign(
        low=0.95 * data.result.timings["step_s"], high=1.05 * data.result.timings["step_s"]
    )
    assert not has_finding(with_timings(data, timings.assign(rounds=6)), "machine was busy")
    assert has_finding(with_timings(data, timings.assign(rounds=100)), "machine was busy")


def test_unequal_budgets_and_a_busy_machine_are_reported(tmp_path):
    def fewer(runs, curves):
        return runs[(runs["optimizer"] != "sgd") | (runs["hp.learning_rate"] == 0.01)], curves

    data = made(tmp_path, fewer, rates=(0.01, 0.1), seeds=8)
    assert has_finding(data, "different numbers of settings")
    assert not has_finding(data, "machine was busy")
    assert has_finding(with_timings(data, data.result.timings.assign(low=1e-6, high=1.0)), "machine was busy")
