"""Before and after: pairs by seed, p-values corrected over all settings."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from optbench.analysis.before_after import compare_before_after


def values(**settings):
    rows = [
        {"problem": "p", "setting": name, "seed": seed, "metric": "loss", "value": value, "diverged": False}
        for name, of_name in settings.items()
        for seed, value in enumerate(of_name)
    ]
    return pd.DataFrame(rows)


def test_p_values_are_corrected_over_all_settings():
    rng = np.random.default_rng(0)
    before = {name: rng.normal(size=8) for name in ("a", "b", "c")}
    after = {"a": before["a"] - 1, "b": before["b"] + np.array([1, 1, 1, 1, 1, 1, 1, -0.1]), "d": before["a"]}
    table = compare_before_after(values(**before), values(**after)).set_index("setting")
    assert list(table.index) == ["a", "b"]
    p = [stats.wilcoxon(before[name], after[name]).pvalue for name in ("a", "b")]
    assert table["p_value"].tolist() == pytest.approx(p)
    assert table.loc["a", "p_holm"] == pytest.approx(2 * p[0])
    assert table["mark"].tolist() == ["better", "worse"]
    assert table.loc["a", "difference"] == pytest.approx(-1)
    assert table.loc["a", "before"] - table.loc["a", "after"] == pytest.approx(1)


def test_a_change_that_is_significant_alone_may_not_be_among_many():
    before = {f"s{k}": np.arange(6.0) for k in range(3)}
    after = {name: run - (1 if name == "s0" else 0.1 * (-1.0) ** np.arange(6)) for name, run in before.items()}
    assert compare_before_after(values(**before), values(**after))["mark"].tolist() == ["", "", ""]
    alone = compare_before_after(values(s0=before["s0"]), values(s0=after["s0"]))
    assert alone["mark"].tolist() == ["better"]


def test_a_setting_with_equal_runs_is_not_tested_and_does_not_weaken_the_others():
    before = {f"s{k}": np.arange(6.0) for k in range(3)}
    table = compare_before_after(values(**before), values(**before | {"s0": before["s0"] - 1}))
    assert table["equal"].tolist() == [0, 6, 6]
    assert table["mark"].tolist() == ["better", "", ""]
    assert table["p_holm"].tolist() == pytest.approx([table["p_value"][0], np.nan, np.nan], nan_ok=True)


def test_nothing_in_common_is_an_empty_table():
    assert compare_before_after(values(a=[1.0]), values(b=[1.0])).empty
