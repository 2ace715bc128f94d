"""Learning rates and budgets of tuning, against cases by hand."""

import numpy as np
import pandas as pd
import pytest

from optbench.analysis.sensitivity import (
    optimizers_at_border,
    tuning_budgets,
    values_by_learning_rate,
)

RATES = (0.001, 0.01, 0.1)
LOSSES = {0.001: [1.0, 1.2, 1.4], 0.01: [0.5, 0.52, 0.6], 0.1: [0.53, np.inf, np.inf]}


def tables():
    rows = [(f"{r}/{i}", "sgd", r, v) for r, values in LOSSES.items() for i, v in enumerate(values)]
    rows += [("adam/0", "adam", 0.01, 1.0)]
    table = pd.DataFrame(rows, columns=["run_id", "optimizer", "hp.learning_rate", "value"])
    setting = table["optimizer"] + " " + table["hp.learning_rate"].astype(str)
    final = table.assign(diverged=np.isinf(table["value"]), setting=setting, metric="loss")
    return final, table[["run_id", "hp.learning_rate"]]


def test_values_by_rate_by_hand():
    table = values_by_learning_rate(*tables())
    assert list(table["optimizer"].unique()) == ["sgd"]  # adam has one rate
    assert list(table["learning_rate"]) == list(RATES)
    assert list(table["diverged"]) == [0, 0, 2]
    assert list(table["median"]) == [1.2, 0.52, np.inf]


def test_the_best_of_several_settings_at_one_rate_represents_them():
    final, runs = tables()
    worse = final.assign(run_id="w" + final["run_id"], setting=final["setting"] + " b=1", value=final["value"] + 0.05)
    both = pd.concat([worse, final])
    rates = pd.concat([runs.assign(run_id="w" + runs["run_id"]), runs])
    pd.testing.assert_frame_equal(values_by_learning_rate(both, rates), values_by_learning_rate(final, runs))
    rising = both.assign(metric="accuracy")
    assert values_by_learning_rate(rising, rates)["median"].tolist() == pytest.approx([1.25, 0.57, np.inf])


@pytest.mark.parametrize(("medians", "metric", "found"), [
    ([1.0, 0.5, 0.6], "loss", []), ([0.4, 0.5, 0.6], "loss", ["sgd"]), ([0.6, 0.5, 0.4], "loss", ["sgd"]),
    ([0.6, 0.5, 0.4], "accuracy", ["sgd"]), ([0.4, 0.5, 0.4], "accuracy", []), ([np.inf] * 3, "loss", []),
])  # fmt: skip
def test_a_best_rate_at_the_border_is_found(medians, metric, found):
    table = pd.DataFrame({"optimizer": "sgd", "learning_rate": RATES, "median": medians})
    assert optimizers_at_border(table, metric) == found


def test_budgets_count_settings():
    jobs = pd.DataFrame({"problem": "p", "optimizer": ["sgd", "sgd", "sgd", "adam"], "setting_id": list("aabc")})
    assert tuning_budgets(jobs).to_dict() == {("p", "sgd"): 2, ("p", "adam"): 1}
