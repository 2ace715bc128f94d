"""The cache of curves: equal to the store, and read once."""

import pandas as pd
import pytest

from optbench.results.curve_cache import CurveCache
from optbench.results.store import Store
from tests.results.test_store import curve_rows, run_rows


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of an empty store; the runs whose curves are read from disk are in ``cache.read``."""
    store = Store(tmp_path / "results")
    store.prepare()
    cache, right = CurveCache(store), store.curve_table
    cache.read = []
    monkeypatch.setattr(store, "curve_table", lambda runs: cache.read.extend(runs["run_id"]) or right(runs))
    return cache


def test_each_curve_is_read_once(cache):
    store, values = cache.store, {"a": 1.0, "b": 2.0, "c": 3.0}
    for run, value in values.items():
        store.write_shard(run_rows(run), curve_rows(run, value=value))
    for wanted in (["b"], ["a", "b"], ["a", "b", "c"], ["c"]):
        found = cache.curves(store.runs(wanted)).set_index("run_id")["value"].to_dict()
        assert found == {run: values[run] for run in wanted}
    assert sorted(cache.read) == ["a", "b", "c"]


def test_the_curves_are_those_of_the_store(cache):
    store = cache.store
    stems = [store.write_shard(run_rows(r), pd.concat([curve_rows(r), curve_rows(r).assign(metric="x")])) for r in "ab"]
    runs = store.runs()
    cache.curves(runs[runs["run_id"] == "b"])
    store.merge(stems)  # which gives the files another name
    order = ["run_id", "metric"]
    found, expected = (t.sort_values(order, ignore_index=True) for t in (cache.curves(runs), store.curves(runs)))
    pd.testing.assert_frame_equal(found, expected)
    assert set(cache.curves(runs, metric="x")["metric"]) == {"x"}
    categorical = cache.categorical_curves(runs)
    assert {name for name in categorical if categorical[name].dtype == "category"} == {"run_id", "split", "metric"}
    plain = categorical.astype(expected.dtypes).sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(plain, expected)


def test_the_curve_of_a_run_that_was_trained_again_is_read_again(cache):
    store = cache.store
    store.write_shard(run_rows("a", "b"), curve_rows("a", "b", value=1.0))
    cache.curves(store.runs())
    store.write_shard(run_rows("a"), curve_rows("a", value=2.0))
    found = cache.curves(store.runs()).sort_values("run_id")
    assert found[["run_id", "value"]].to_numpy().tolist() == [["a", 2.0], ["b", 1.0]]
    assert cache.read.count("b") == 1


def test_no_runs_have_no_curves(cache):
    assert cache.curves(cache.store.runs()).empty
    cache.store.write_shard(run_rows("a"), curve_rows("a"))
    cache.curves(cache.store.runs())
    assert cache.curves(cache.store.runs([])).empty


def test_rows_of_the_first_format_are_read_once(cache):
    for part, rows in (("runs", run_rows("a").drop(columns="serial")), ("curves", curve_rows("a"))):
        rows.to_parquet(cache.store.folder / part / "old.parquet")
    for _ in range(2):
        assert cache.curves(cache.store.runs())["value"].tolist() == [0.5]
    assert cache.read == ["a"]
