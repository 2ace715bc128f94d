"""What is tried, how one of it is chosen, and what a study makes of it."""

import math

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import optbench
from optbench.analysis.trials import best_trial_index, selection_metric, trial_scores
from optbench.config.build import check, make
from optbench.errors import ConfigError
from optbench.results.store import Store
from optbench.spec.decide_by import DecideBy
from optbench.spec.tuning import FIRST_TRIAL_SEED
from optbench.study import tuning
from optbench.study.trial_settings import spaces_of, trial_settings
from optbench.study.tuning import SearchChoice, SearchInterval
from tests.conftest import CONF, make_problem, make_setting, raw_node
from tests.study.test_study import job, study

PROBLEM = make_problem("iris", "softmax")
LOG, LINEAR = SearchInterval(1e-5, 1.0, log=True), SearchInterval(-1.0, 3.0, log=False)


def tuned(method, **values):
    return make(check(raw_node("tune", method, **values), "tune"))


def rates(settings):
    return [setting.optimizer["learning_rate"] for setting in settings]


def tuned_job(folder, optimizer="sgd", tune="grid", options=None, **values):
    one = job(folder, optimizer, epochs=3, **values)
    return one._replace(
        config={**one.config, "tune": raw_node("tune", tune, trials=4) | (options or {})},
        choices={**one.choices, "tune": tune},
    )


def test_a_grid_is_even_in_the_logarithm_with_both_ends():
    settings = trial_settings(tuned("grid", trials=6), PROBLEM, make_setting("adam"))
    assert rates(settings) == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    assert {s.optimizer["b1"] for s in settings} == {0.9}


def test_a_grid_of_two_hyperparameters_has_every_combination():
    options = {
        "parameters": ["learning_rate", "b1"],
        "space": {"learning_rate": [0.1, 10], "b1": {"values": [0.5, 0.9]}},
    }
    settings = trial_settings(tuned("grid", trials=6, **options), PROBLEM, make_setting("adam"))
    assert [(s.optimizer["learning_rate"], s.optimizer["b1"]) for s in settings] == [
        (0.1, 0.5), (0.1, 0.9), (1.0, 0.5), (1.0, 0.9), (10.0, 0.5), (10.0, 0.9),
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_every_optimizer_is_tried_at_the_same_places_and_more_trials_keep_the_first(method):
    few, many = tuned(method, trials=5), tuned(method, trials=9)
    sgd, adam = (trial_settings(few, PROBLEM, make_setting(name)) for name in ("sgd", "adam"))
    places = [np.log10(rates(s)) for s in (sgd, adam)]
    spaces = [spaces_of(few, make_setting(name))["learning_rate"] for name in ("sgd", "adam")]
    shares = [(p - np.log10(s.low)) / np.log10(s.high / s.low) for p, s in zip(places, spaces, strict=True)]
    np.testing.assert_allclose(*shares, atol=1e-5)
    assert rates(trial_settings(many, PROBLEM, make_setting("sgd")))[:5] == rates(sgd)
    assert rates(trial_settings(few, make_problem("digits"), make_setting("sgd"))) != rates(sgd)


@pytest.mark.parametrize("method", [tuning.random_points, tuning.sobol_points])
def test_points_fill_the_space(method):
    points = np.array(method([LOG, LINEAR], 128, PROBLEM))
    assert points.shape == (128, 2)
    assert ((points >= 0) & (points <= 1)).all()
    quarters = np.unique(np.floor(points * 2), axis=0, return_counts=True)[1]
    assert (np.abs(quarters - 32) < 16).all()  # three standard deviations of a binomial count are 15


def test_a_space_goes_from_end_to_end():
    assert [LOG.at(u) for u in (0, 0.2, 1)] == [1e-5, 1e-4, 1.0]
    assert [LINEAR.at(u) for u in (0, 0.25, 1)] == [-1.0, 0.0, 3.0]
    assert [SearchChoice(["a", "b"]).at(u) for u in (0, 0.49, 0.5, 1)] == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"parameters": ["b1"]}, r"`tune\.space\.b1` is needed.*tune\.space\.b1=\[low, high\]"),
        ({"parameters": ["momentum"]}, r"adam's `momentum`` does not exist|`momentum`.*does not exist"),
        ({"parameters": []}, r"must name hyperparameters, each once"),
        ({"parameters": ["model.bias"]}, r"names the optimizer's or schedule"),
        ({"space": {"b1": [0, 1]}}, r"`tune\.space\.b1` does not exist.*learning_rate"),
        ({"space": {"learning_rate": [1, 0.1]}}, r"must be \[low, high\] with low < high"),
        ({"space": {"learning_rate": [1]}}, r"must be \[low, high\]"),
        ({"space": {"learning_rate": [0, 1]}}, r"searched in the logarithm"),
        ({"space": {"learning_rate": {"values": []}}}, r"must be \[low, high\]"),
        ({"space": {"learning_rate": {"low": -1, "high": 1, "log": False}}}, r"must be greater than 0.*Received"),
        ({"trials": 0}, r"`tune\.trials` must be at least 1"),
        ({"trials": 5, "space": {"learning_rate": {"values": [1, 2]}}}, r"points of the grid: 2\."),
        ({"choose": "median"}, r"`tune\.choose` must be one of final, best"),
    ],
)
def test_a_wrong_tuning_is_one_line(options, said):
    with pytest.raises(ConfigError, match=said) as caught:
        trial_settings(tuned("grid", **{"trials": 4} | options), PROBLEM, make_setting("adam"))
    assert "\n" not in str(caught.value)


def test_scores_are_medians_over_seeds_and_a_diverged_run_is_the_worst():
    runs = pd.DataFrame(
        [("a1", "a", "done"), ("a2", "a", "done"), ("a3", "a", "diverged"), ("b1", "b", "done"), ("b2", "b", "failed")],
        columns=["run_id", "setting_id", "status"],
    )
    rows = [(run, step, "valid", "loss", v) for run, vs in {"a1": (3, 1, 2), "a2": (3, 2, 4), "b1": (3, 0.5, 1)}.items()
            for step, v in enumerate(vs)]  # fmt: skip
    curves = pd.DataFrame(rows, columns=["run_id", "step", "split", "metric", "value"])
    final = trial_scores(runs, curves, DecideBy())
    assert final.set_index("setting_id")["score"].to_dict() == {"a": 4.0, "b": math.inf}
    assert trial_scores(runs, curves, DecideBy(best=True))["score"].tolist() == [2.0, math.inf]
    assert best_trial_index(final, "loss") == 0
    assert set(final["split"]) == {"valid"}


@pytest.mark.parametrize(
    ("asked", "recorded", "expected"),
    [("loss", ["accuracy", "loss"], "loss"), (None, ["loss", "accuracy"], "accuracy"), (None, ["loss"], "loss")],
)
def test_without_a_metric_accuracy_judges_where_there_is_one(asked, recorded, expected):
    assert selection_metric(asked, pd.DataFrame({"metric": recorded})) == expected


def test_a_tuned_job_says_by_which_metric_it_chose(tmp_path):
    this = study()
    values = this.add([tuned_job(tmp_path, options={"metric": None})])
    this.finish()
    runs, curves = optbench.load(tmp_path / "results", "trial")
    tune = Store(tmp_path / "results").read_study("trial").jobs[0].tuning
    assert (tune.metric, tune.chosen.split, len(values)) == ("accuracy", "valid", 1)
    trials = runs.loc[runs["role"] == "trial", "run_id"]
    last = curves[curves["run_id"].isin(trials) & (curves["step"] == curves["step"].max())]
    final = last.query("split == 'valid' and metric == 'accuracy'")["value"]
    assert tune.chosen.score == final.max()


def deepobs():
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_container(compose("config", overrides=["tune=deepobs"]))


def test_deepobs_tries_36_learning_rates_of_every_optimizer_and_runs_the_best_with_ten_seeds():
    config = deepobs()
    protocol = make(check(config["tune"], "tune"))
    for optimizer in ("sgd", "momentum", "adam"):
        tried = rates(trial_settings(protocol, PROBLEM, make_setting(optimizer)))
        np.testing.assert_allclose(tried, np.logspace(-5, 2, 36), rtol=1e-5)
    assert (config["seeds"], protocol.seeds, protocol.choose, protocol.metric) == (10, 1, "final", None)


def test_the_first_of_equals_is_best_and_accuracy_goes_up():
    scores = pd.DataFrame({"score": [0.5, 0.9, 0.9]})
    assert (best_trial_index(scores, "accuracy"), best_trial_index(scores, "loss")) == (1, 0)


def test_a_tuned_job_runs_its_best_trial_with_all_seeds(tmp_path, reports_without_figures):
    this = study()
    values = this.add([tuned_job(tmp_path), tuned_job(tmp_path, "adam")])
    assert this.finish() == 0
    runs, curves = optbench.load(tmp_path / "results", "trial")
    assert runs.groupby(["job", "role"]).size().to_dict() == {
        (0, "run"): 3, (0, "trial"): 4, (1, "run"): 3, (1, "trial"): 4,
    }  # fmt: skip
    assert not set(runs.loc[runs["role"] == "trial", "seed"]) & set(runs.loc[runs["role"] == "run", "seed"])
    final = curves.query("split == 'valid' and metric == 'loss'").sort_values("step").groupby("run_id")["value"].last()
    for number, optimizer in enumerate(("sgd", "adam")):
        trials = runs[(runs["job"] == number) & (runs["role"] == "trial")]
        best = trials.loc[trials["run_id"].map(final).idxmin(), "hp.learning_rate"]
        chosen = runs[(runs["job"] == number) & (runs["role"] == "run")]
        assert set(chosen["hp.learning_rate"]) == {best}
        assert set(chosen["setting"]) == {optimizer}
        assert values[number] == pytest.approx(chosen["run_id"].map(final).mean())
    described = Store(tmp_path / "results").read_study("trial")
    tune = described.jobs[0].tuning
    assert tune.chosen.hyperparameters == {"learning_rate": chosen_rate(runs, 0)}
    assert tune.trials == 4
    assert "adam on iris_softmax: learning_rate" in (tmp_path / "reports" / "trial" / "index.html").read_text()
    assert "best of 4 by final validation loss, grid" in (tmp_path / "reports" / "trial" / "index.html").read_text()


def chosen_rate(runs, number):
    (rate,) = set(runs.loc[(runs["job"] == number) & (runs["role"] == "run"), "hp.learning_rate"])
    return rate


def test_a_best_value_on_the_border_is_said(tmp_path, reports_without_figures):
    this = study()
    this.add([tuned_job(tmp_path, options={"space": {"learning_rate": [1e-8, 1e-5]}})])
    this.finish()
    assert Store(tmp_path / "results").read_study("trial").jobs[0].tuning.chosen.at_the_border == ("learning_rate",)
    assert "at the border of the searched range: learning_rate" in (tmp_path / "reports/trial/index.html").read_text()


def test_the_same_tuned_study_again_trains_nothing(tmp_path):
    counts = []
    for _ in range(2):
        this = study()
        this.add([tuned_job(tmp_path)])
        this.finish()
        counts.append(this.trained)
    assert counts == [7, 0]


def test_trials_and_runs_share_one_program(tmp_path, monkeypatch):
    made = []
    right = optbench.sweep.programs.Programs._make
    monkeypatch.setattr(
        optbench.sweep.programs.Programs, "_make", lambda self, plan: made.append(plan) or right(self, plan)
    )
    this = study()
    this.add([tuned_job(tmp_path)])
    this.finish()
    assert len(made) == 1


def test_every_optimizer_has_the_same_budget_of_trials(tmp_path):
    with pytest.raises(ConfigError, match="`tune` cannot be swept: every optimizer of a study has the same budget"):
        study().add([tuned_job(tmp_path), tuned_job(tmp_path, "adam", options={"trials": 9})])


def test_a_seed_of_the_trials_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="must not name a seed of the trials"):
        study().add([tuned_job(tmp_path, seeds=[FIRST_TRIAL_SEED])])


def test_a_metric_that_is_not_recorded_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"`tune\.metric` must be .*: loss, accuracy\. Received: tune\.metric=score"):
        study().add([tuned_job(tmp_path, options={"metric": "score"})])


def test_where_all_trials_diverge_the_report_says_so(tmp_path):
    this = study()
    this.add([tuned_job(tmp_path, options={"space": {"learning_rate": [1e38, 3e38]}})])
    assert this.finish() == 0
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert set(runs["status"]) == {"diverged"}
