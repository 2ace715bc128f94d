"""Time to target: hand-computed, and against SciPy's Wilson interval."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from optbench.analysis.matrices import matrices
from optbench.analysis.statistics import wilson_intervals
from optbench.analysis.targets import share_reached, steps_to_every_target, summarize_times, times_to_target
from optbench.spec.targets import Target
from tests.analysis.made_up import curves_of, runs_of

RUNS = runs_of({"sgd": ["done", "done", "done", "diverged"], "adam": ["done"]}, steps=20)
RUNS.loc[RUNS["status"] == "diverged", "diverged_at_step"] = 17
CURVES = curves_of(
    {
        "p/sgd/0": [4.0, 2.0, 1.0],
        "p/sgd/1": [4.0, 2.5, 2.0],
        "p/sgd/2": [4.0, 3.0, 3.0],  # misses
        "p/sgd/3": [4.0, 1.0],  # reaches the target and diverges
        "p/adam/0": [1.0, 1.0, 1.0],
    }
)
STEP_TIMES = pd.DataFrame({"problem": ["p"], "setting": ["sgd"], "step_s": [0.5]})
TARGETS = {"p": Target(metric="loss", split="valid", value=2.0)}


def times(runs=RUNS, curves=CURVES, targets=TARGETS):
    return times_to_target(matrices(runs, curves), targets, STEP_TIMES)


def test_the_target_is_reached_at_the_first_point_that_is_as_good():
    table = times()
    assert table["steps"].tolist() == [10, 20, math.inf, math.inf, 0]
    assert table["epochs"].tolist() == [0.5, 1.0, math.inf, math.inf, 0]


def test_a_run_that_diverges_later_has_not_reached_its_target():
    row = times().set_index("run_id").loc["p/sgd/3"]
    assert not row["reached"]
    assert row["spent_steps"] == 17


def test_seconds_are_steps_times_the_solo_step_time():
    assert times()["seconds"].tolist()[:4] == [5.0, 10.0, math.inf, math.inf]
    assert math.isnan(times()["seconds"].iloc[4])


def test_an_accuracy_is_reached_from_below():
    rising = curves_of({"p/adam/0": [0.1, 0.8, 0.9]}, "test", "accuracy")
    table = times(RUNS[RUNS["setting"] == "adam"], rising, {"p": Target("accuracy", "test", 0.85)})
    assert table["steps"].tolist() == [20]


def test_the_expected_running_time_is_the_total_time_over_successes():
    row = summarize_times(times()).iloc[0]
    assert (row["runs"], row["successes"], row["rate"]) == (4, 2, 0.5)
    assert row["ert_steps"] == (10 + 20 + 20 + 17) / 2
    assert row["ert_seconds"] == 0.5 * row["ert_steps"]
    assert row["ert_epochs"] == row["ert_steps"] / 20
    assert (row["steps"], row["steps_q25"], row["steps_q75"]) == (math.inf, 17.5, math.inf)


def test_a_target_that_no_run_reaches_takes_infinitely_long():
    row = summarize_times(times(targets={"p": Target("loss", "valid", 0.1)})).iloc[0]
    assert (row["successes"], row["steps"], row["ert_steps"], row["ert_seconds"]) == (0, *[math.inf] * 3)


def test_without_a_target_the_tables_are_empty():
    assert times(targets={}).empty
    table = summarize_times(times(targets={}))
    assert table.empty
    assert {"rate_low", "seconds_q75", "ert_epochs"} <= set(table.columns)


@pytest.mark.parametrize("n", [1, 5, 8, 40])
def test_the_rate_has_scipys_wilson_interval(n):
    successes = np.arange(n + 1)
    expected = [stats.binomtest(k, n).proportion_ci(method="wilson") for k in successes]
    found = wilson_intervals(successes, np.full(n + 1, n))
    np.testing.assert_allclose(found[:, 0], successes / n)
    np.testing.assert_allclose(found[:, 1:], [(e.low, e.high) for e in expected], atol=1e-12)


SEVERAL = {"p": Target("loss", "valid", 2.0, values=(3.0, 1.5))}


def every():
    table = steps_to_every_target(list(matrices(RUNS, CURVES)), SEVERAL)
    return table.assign(contender=table["setting"])


def test_each_run_has_the_steps_to_each_value():
    table = every()
    of_sgd = {(row.seed, row.target): row.steps for row in table.itertuples() if row.setting == "sgd"}
    assert of_sgd == {
        (0, 3.0): 10, (0, 1.5): 20, (0, 2.0): 10,
        (1, 3.0): 10, (1, 1.5): math.inf, (1, 2.0): 20,
        (2, 3.0): 10, (2, 1.5): math.inf, (2, 2.0): math.inf,
        (3, 3.0): math.inf, (3, 1.5): math.inf, (3, 2.0): math.inf,
    }  # fmt: skip
    assert set(table["budget"]) == {20}


def test_the_share_that_was_reached_counts_pairs_of_target_and_run():
    """sgd has 12 pairs: 4 are reached at step 10 and 2 at step 20; adam starts below every target."""
    shares = share_reached(every()).groupby("contender", sort=False)
    assert {name: dict(zip(rows["step"], rows["share"], strict=True)) for name, rows in shares} == {
        "sgd": {0: 0.0, 10: 4 / 12, 20: 6 / 12},
        "adam": {0: 1.0, 20: 1.0},
    }


def test_shares_are_scipys_empirical_distribution():
    generator = np.random.default_rng(6)
    steps = pd.DataFrame({"contender": "a", "steps": generator.integers(0, 40, 30).astype(float), "budget": 50})
    expected = stats.ecdf(steps["steps"]).cdf
    found = share_reached(steps)
    np.testing.assert_allclose(found["share"], expected.evaluate(found["step"]))
    assert found["step"].iloc[[0, -1]].tolist() == [0, 50]


def test_a_run_that_gets_worse_later_keeps_its_target():
    rising = curves_of({"p/adam/0": [4.0, 1.0, 3.5]})
    table = steps_to_every_target(list(matrices(RUNS[RUNS["setting"] == "adam"], rising)), SEVERAL)
    assert table["steps"].tolist() == [10, 10, 10]


def test_without_targets_no_share_is_computed():
    assert steps_to_every_target(list(matrices(RUNS, CURVES)), {}).empty
