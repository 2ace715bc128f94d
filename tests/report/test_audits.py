"""The audits, on made-up studies."""

import numpy as np
import pytest

import optbench
from optbench.report.audits import audit
from optbench.report.loading import report_data
from optbench.report.scope import Scope
from optbench.spec.study_file import PARTS
from tests.importing.tables import finals
from tests.report.made_studies import better, losses, made, with_timings
from tests.report.made_up_results import METRICS, MORE_METRICS


def findings(data):
    return [finding.sentence for finding in audit(data, [Scope(data, p, i) for i, p in enumerate(data.problems)])]


def has_finding(data, words):
    return any(words in sentence for sentence in findings(data))


def test_a_good_study_has_no_warnings():
    data = made(better("adam"), seeds=10)
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


def published(**values):
    return {"published": {"digits_mlp": [LINE | values]}}


PUBLISHED = published()
HARD = {"targets": {"digits_mlp": {"metric": "loss", "split": "valid", "value": -1.0}}}
UNTUNED = {"jobs": [{"overrides": [f"optimizer={name}"]} for name in ("sgd", "adam")]}
EASY = {"targets": {"digits_mlp": {"metric": "loss", "split": "valid", "value": 100.0}}}


@pytest.mark.parametrize(("words", "change", "values"), [
    ("2 machines", host, {}),
    ("only large and consistent differences", None, {"seeds": 5, "optimizers": ("adam",)}),
    ("With 3 seeds per setting no difference can be significant", None, {"seeds": 3}),
    ("this compares default values and not optimizers", None, {"changed": UNTUNED}),
    ("No run reached the target", None, {"changed": HARD}),
    ("Every run reached the target", None, {"changed": EASY}),
    ("too easy to compare", saturate_accuracy, {}),
    ("picked on the seeds", None, {"rates": (0.01, 0.1)}),
    ("no validation split", drop_valid, {}),
    ("smallest or largest that was tried", None, {"rates": (0.01, 0.1, 1.0)}),
    ("still improved at the end", decrease_loss, {}),
    ("the test accuracy is much worse than the training", gap, {}),
    ("the test loss is much worse than the training", loss_alone, {}),
    ("one fixed order of batches", None, {"changed": PUBLISHED}),
    ("are of epochs 100, these runs of 20", None, {"changed": published(epochs=100)}),
    ("are of batch_size 128, these runs of 32", None, {"changed": published(batch_size=128)}),
])  # fmt: skip
def test_an_audit_finds_its_problem_and_nothing_in_a_good_study(words, change, values):
    assert has_finding(made(change, **{"seeds": 10, **values}), words)
    quiet = losses(lambda run: 1.0 + 0.01 * run.seed)
    assert not has_finding(made(quiet, seeds=10), words)


def test_a_large_loss_ratio_is_no_finding_if_accuracies_agree():
    assert not has_finding(made(loss_gap, seeds=10), "much worse than the training")


def test_a_winner_with_a_large_objective_is_reported():
    def change(runs, curves):
        runs, curves = better("adam")(runs, curves)
        adam = curves["run_id"].map(runs.set_index("run_id")["optimizer"]) == "adam"
        objective = curves["metric"] == "regularized_loss"
        return runs, curves.assign(value=np.where(objective, np.where(adam, 4.0, 1.0), curves["value"]))

    metrics = (*METRICS, *MORE_METRICS)
    assert has_finding(made(change, metrics=metrics), "regularized training loss of adam is 4.0 times that of sgd")
    assert not has_finding(made(better("adam"), metrics=metrics), "regularized training loss")


def test_a_finding_names_everyone_it_concerns():
    names = ("sgd", "adam", "rmsprop", "adamw", "lion", "nadam")
    (found,) = [line for line in findings(made(gap, optimizers=names)) if "much worse than the training" in line]
    assert all(name in found for name in names)


def test_equal_findings_of_two_problems_are_merged():
    both = ("digits_mlp", "iris_mlp")
    data = made(gap, problems=both, seeds=10)
    found = audit(data, [Scope(data, problem, i) for i, problem in enumerate(data.problems)])
    assert [finding.where for finding in found if "much worse than the training" in finding.sentence] == [
        ", ".join(both)
    ]


def test_an_interval_over_more_rounds_implies_a_larger_spread():
    data = made(better("adam"), seeds=10)
    timings = data.result.timings.assign(
        low=0.95 * data.result.timings["step_s"], high=1.05 * data.result.timings["step_s"]
    )
    assert not has_finding(with_timings(data, timings.assign(rounds=6)), "machine was busy")
    assert has_finding(with_timings(data, timings.assign(rounds=100)), "machine was busy")


def test_unequal_budgets_and_a_busy_machine_are_reported():
    def fewer(runs, curves):
        return runs[(runs["optimizer"] != "sgd") | (runs["hp.learning_rate"] == 0.01)], curves

    data = made(fewer, rates=(0.01, 0.1), seeds=8)
    assert has_finding(data, "different numbers of settings")
    assert not has_finding(data, "machine was busy")
    assert has_finding(with_timings(data, data.result.timings.assign(low=1e-6, high=1.0)), "machine was busy")


def test_a_rule_with_nothing_to_do_for_one_of_its_parts_is_reported():
    problem = {"digits_mlp": {PARTS: "muon: this model has no parameter for Muon; AdamW updates all of it."}}
    assert has_finding(made(changed={"problems": problem}), "muon: this model has no parameter for Muon")


def test_models_of_different_sizes_are_reported_where_runs_were_trained_elsewhere(tmp_path):
    folders = {"results_dir": tmp_path / "results", "reports_dir": tmp_path / "reports"}
    for name, larger, expected in (("equal", 100, False), ("different", 150, True)):
        runs = finals()
        runs["parameters"] = np.where(runs["optimizer"] == "sgd", 100, larger)
        data = report_data(optbench.from_runs(runs, name, **folders).result)
        assert has_finding(data, "On 1 of 1 problem the models differ in size, on p from 100 to 150 para") == expected
