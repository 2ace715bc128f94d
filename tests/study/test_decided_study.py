"""A whole study that records user metrics and decides by one of them: choice, return values, study file, report."""

import json
import math

import numpy as np
import pytest

import optbench
from optbench.results.store import Store
from optbench.spec.decide_by import DecideBy
from optbench.spec.metrics import MetricRange
from optbench.study.automatic import older_decisions
from tests.conftest import raw_node
from tests.study.test_study import job, study

METRICS = ["accuracy", "f1_macro", "tests.metrics.own.cost"]


def tuned(folder, **values):
    """A job that tries four learning rates with one seed each."""
    tune = {**raw_node("tune", "grid"), "trials": 4, "space": {"learning_rate": [1e-3, 10.0]}}
    return job(folder, seeds=2, tune=tune, metrics=METRICS, **values)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Such a study, decided by the cost: its folder and the numbers that a sweeper gets."""
    folder = tmp_path_factory.mktemp("decided")
    this = study()
    told = this.add([tuned(folder, decide_by="valid.cost.best")])
    assert this.finish() == 0
    return folder, told


def test_the_trial_with_the_best_value_is_chosen_and_told(finished):
    folder, told = finished
    runs, curves = optbench.load(folder / "results", "trial")
    costs = curves[(curves["metric"] == "cost") & (curves["split"] == "valid")].groupby("run_id")["value"].min()
    trials, chosen = runs[runs["role"] == "trial"], runs[runs["role"] == "run"]
    scores = trials.set_index("hp.learning_rate")["run_id"].map(costs)
    (rate,) = set(chosen["hp.learning_rate"])
    assert scores[rate] == scores.min() < scores.max()
    assert told == [pytest.approx(chosen["run_id"].map(costs).mean())]


def test_the_study_file_keeps_what_decides_and_what_metrics_declare(finished):
    file = Store(finished[0] / "results").read_study("trial")
    assert file.decide_by == DecideBy("cost", "valid", best=True)
    assert file.metrics["f1_macro"] == MetricRange("maximize", 0.0, 1.0)
    assert file.metrics["cost"] == MetricRange("minimize", -math.inf, math.inf)
    (tuning,) = [entry.tuning for entry in file.jobs]
    assert (tuning.metric, tuning.choose, tuning.chosen.split) == ("cost", "best", "valid")
    (problem,) = file.problems
    assert set(problem.majority) == {"train", "valid", "test"}
    assert 0.3 < problem.majority["train"] < 0.4
    content = json.loads((finished[0] / "results" / "studies" / "trial.json").read_text(encoding="utf8"))
    assert content["metrics"]["cost"] == {"direction": "minimize", "low": None, "high": None}
    assert content["decide_by"] == "valid.cost.best"


def test_exactly_the_metrics_that_were_asked_for_are_stored_in_their_order(finished):
    _, curves = optbench.load(finished[0] / "results", "trial")
    assert list(dict.fromkeys(curves["metric"])) == ["loss", "accuracy", "f1_macro", "cost"]
    assert np.isfinite(curves["value"]).all()


def test_the_report_is_about_what_decides(finished, reports_without_figures):
    page = (finished[0] / "reports" / "trial" / "index.html").read_text(encoding="utf8")
    assert "best validation cost" in page


def test_the_same_metrics_in_another_order_are_reused_and_others_train_again(finished):
    folder, _ = finished
    counts, losses = [], []
    for metrics in (METRICS, METRICS[::-1], "auto"):
        this = study()
        this.add([job(folder, seeds=1, name="again", metrics=metrics)])
        this.close()
        counts.append(this.trained)
        _, curves = optbench.load(folder / "results", "again")
        losses.append(curves.loc[curves["metric"] == "loss", "value"].to_numpy())
    assert counts == [1, 0, 1]
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-6)  # the same training, whatever is recorded


def test_older_keys_are_named():
    assert older_decisions(["optimizer=adam"]) == []
    (line,) = older_decisions(["optimizer=adam", "tune.metric=accuracy", "++tune.choose=best"])
    assert line.startswith("tune.metric=accuracy and ++tune.choose=best: an older form of decide_by. Write decide_by=")
