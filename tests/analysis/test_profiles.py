"""Ranks and profiles across problems, against cases by hand."""

import numpy as np
import pandas as pd
import pytest

from optbench.analysis.profiles import performance_profile, profile_scores, ranks

TIMES = pd.DataFrame(
    {"a": [10.0, 10.0, np.inf], "b": [20.0, 5.0, 30.0], "c": [np.inf, 50.0, np.inf]}, index=["p", "q", "r"]
)


def test_ranks_share_ties_and_put_the_diverged_last():
    costs = pd.DataFrame({"a": [1.0, 1.0, np.nan], "b": [1.0, np.inf, 2.0], "c": [3.0, 0.5, 1.0]}, index=list("pqr"))
    assert ranks(costs).to_numpy().tolist() == [[1.5, 1.5, 3.0], [2.0, 3.0, 1.0]]  # r lacks a contender


def test_a_profile_by_hand():
    table = performance_profile(TIMES).set_index(["contender", "tau"])["share"].unstack("tau")
    assert list(table.columns) == [1.0, 2.0, 4.0]
    assert table.loc["a"].tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    assert table.loc["b"].tolist() == pytest.approx([2 / 3, 1.0, 1.0])
    assert table.loc["c"].tolist() == [0.0, 0.0, 0.0]  # 10 times as long on q, and nowhere else


def test_the_score_is_the_area_under_the_profile_from_1_to_4_over_3():
    found, table = profile_scores(TIMES), performance_profile(TIMES)
    for name, group in table.groupby("contender"):
        widths = np.diff(group["tau"])
        assert found[name] == pytest.approx((group["share"].to_numpy()[:-1] @ widths) / 3)
    assert profile_scores(TIMES[["b"]])["b"] == 1.0  # alone it is the fastest everywhere


def test_a_target_met_at_step_zero_has_the_best_ratio():
    table = pd.DataFrame({"a": [0.0], "b": [0.001]}, index=["p"])
    assert profile_scores(table).to_dict() == {"a": 1.0, "b": 0.0}
    assert performance_profile(table).query("contender == 'b'")["share"].tolist() == [0.0, 0.0]
