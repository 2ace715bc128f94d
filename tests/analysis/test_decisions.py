"""The deciding metric and its direction: another metric, another split or the best point gives another winner."""

import math

import pandas as pd
import pytest

from optbench.analysis import tables
from optbench.analysis.contenders import contenders
from optbench.analysis.matrices import matrices
from optbench.analysis.metrics import best_values, lower_is_better, steps_to_target, worst_value
from optbench.analysis.paired_comparison import compare_with_baseline
from optbench.analysis.sensitivity import optimizers_at_border
from optbench.analysis.trials import best_trial_index, trial_scores
from optbench.analysis.values import run_values, summary
from optbench.spec.decide_by import DecideBy
from optbench.spec.metrics import MetricRange

DECLARED = {
    "f1": MetricRange("maximize", 0.0, 1.0),
    "cost": MetricRange("minimize", 0.0),
    "r2": MetricRange("maximize"),
}
CURVES = {  # of each run: metric by split at two points
    "low_loss": {("valid", "loss"): [1.0, 0.5], ("valid", "f1"): [0.9, 0.2], ("test", "loss"): [1.0, 0.9]},
    "high_f1": {("valid", "loss"): [0.4, 0.6], ("valid", "f1"): [0.1, 0.8], ("test", "loss"): [1.0, 0.3]},
}


def results(status=None):
    """Runs of two optimizers on one problem and their curves."""
    runs = pd.DataFrame(
        {
            "run_id": list(CURVES), "problem": "p", "setting": list(CURVES), "optimizer": list(CURVES), "seed": 0,
            "setting_id": list(CURVES), "status": [(status or {}).get(name, "done") for name in CURVES],
        }
    )  # fmt: skip
    rows = [
        (run, step, float(step), split, metric, value)
        for run, curves in CURVES.items()
        for (split, metric), points in curves.items()
        for step, value in enumerate(points)
    ]
    return runs, pd.DataFrame(rows, columns=["run_id", "step", "epoch", "split", "metric", "value"])


DECISIONS = [
    (DecideBy(), "low_loss", 0.5),
    (DecideBy(best=True), "high_f1", 0.4),
    (DecideBy("loss", "test"), "high_f1", 0.3),
    (DecideBy("f1"), "high_f1", 0.8),
    (DecideBy("f1", best=True), "low_loss", 0.9),
]


@pytest.mark.parametrize(("decide", "winner", "value"), DECISIONS)
def test_the_winner_is_the_best_by_what_decides(decide, winner, value):
    runs, curves = results()
    values = tables.deciding_values(run_values(matrices(runs, curves, DECLARED)), decide).set_index("setting")["value"]
    assert values[winner] == value
    both = runs.assign(optimizer="one")  # two settings of one optimizer, and another beside it
    final = tables.deciding_values(run_values(matrices(both, curves, DECLARED)), decide)
    other = final.assign(optimizer="other", setting="other")
    chosen = contenders(summary(pd.concat([final, other])), decide, DECLARED).set_index("optimizer")["setting"]
    assert chosen["one"] == winner


@pytest.mark.parametrize(("decide", "winner", "value"), DECISIONS)
def test_tuning_chooses_by_the_same(decide, winner, value):
    runs, curves = results()
    scores = trial_scores(runs, curves, decide, DECLARED)
    best = scores.iloc[best_trial_index(scores, decide.metric, DECLARED)]
    assert (best["setting_id"], best["score"]) == (winner, value)


def test_a_trial_that_diverged_has_the_worst_declared_value():
    runs, curves = results({"high_f1": "diverged"})
    assert trial_scores(runs, curves, DecideBy("f1"), DECLARED)["score"].tolist() == [0.2, 0.0]


def test_the_declared_direction_counts_and_else_the_name():
    assert [lower_is_better(name, DECLARED) for name in ("f1", "cost", "r2", "loss", "my_score")] == [
        *(False, True, False),
        *(True, False),
    ]
    assert lower_is_better("score", {"score": MetricRange("minimize")})
    with pytest.raises(ValueError, match="Received: f1"):
        lower_is_better("f1")


def test_a_diverged_run_has_the_worst_end_of_the_range():
    found = [worst_value(name, DECLARED) for name in ("f1", "cost", "r2", "loss", "accuracy")]
    assert found == [0.0, math.inf, -math.inf, math.inf, 0.0]


def test_the_best_point_and_the_first_on_target_follow_the_direction():
    _, curves = results()
    f1 = curves[(curves["metric"] == "f1")].pivot(index="run_id", columns="step", values="value").to_numpy()
    assert best_values(f1, "f1", DECLARED).tolist() == [0.8, 0.9]
    steps = pd.Series([0, 1]).to_numpy()
    assert steps_to_target(f1, steps, "f1", 0.5, DECLARED).tolist() == [1.0, 0.0]
    assert steps_to_target(f1, steps, "cost", 0.15, DECLARED).tolist() == [0.0, math.inf]


def pairs(metric, better, worse):
    """A contender against the baseline ``sgd`` over six seeds."""
    rows = [
        ("p", name, seed, metric, value + seed / 1000, False)
        for name, value in (("sgd", worse), ("adam", better))
        for seed in range(6)
    ]
    table = pd.DataFrame(rows, columns=["problem", "contender", "seed", "metric", "value", "diverged"])
    return compare_with_baseline(table, "sgd", declared=DECLARED).iloc[0]


@pytest.mark.parametrize(("metric", "better", "worse"), [("f1", 0.9, 0.1), ("cost", 0.1, 0.9), ("r2", 0.5, -2.0)])
def test_a_paired_difference_is_better_in_the_declared_direction(metric, better, worse):
    assert pairs(metric, better, worse)["mark"] == "better"
    assert pairs(metric, worse, better)["mark"] == "worse"
    assert pairs(metric, better, worse)["difference"] == pytest.approx(better - worse)


def test_sensitivity_follows_the_direction():
    rated = pd.DataFrame({"optimizer": "sgd", "learning_rate": [0.1, 1.0, 10.0], "median": [0.9, 0.895, 0.2]})
    assert optimizers_at_border(rated.assign(median=[0.1, 0.9, 0.2]), "f1", DECLARED) == []
    assert optimizers_at_border(rated.assign(median=[0.1, 0.9, 0.2]), "cost", DECLARED) == ["sgd"]
