"""A study that is exported and imported again has the same verdict, ranks and comparisons."""

import pandas as pd
import pytest

from optbench.cli.export import main as export_study
from optbench.cli.import_runs import main as import_runs
from optbench.report.loading import report_data
from optbench.report.verdict import verdict
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.report.made_up_results import Made, write

MADE = Made("ours", problems=("digits_mlp", "iris_mlp"), seeds=8, points=5)


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_the_verdict_is_the_same(form, tmp_path, monkeypatch, reports_without_figures):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "results", MADE)
    export_study(["ours", "--to", form])
    (file,) = tmp_path.rglob(f"curves.{form}")
    import_runs([str(file), "--name", "back", "--paired", "seed", "--no-report"])
    store = Store("results")
    ours, back = (report_data(load_result(store, store.read_study(name))) for name in ("ours", "back"))
    assert verdict(back).lead == verdict(ours).lead
    pd.testing.assert_frame_equal(back.mean_ranks, ours.mean_ranks)
    pd.testing.assert_frame_equal(back.problem_pairs, ours.problem_pairs)
    pd.testing.assert_frame_equal(back.pairs, ours.pairs)
