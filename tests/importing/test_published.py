"""The runs of a published study: ranks, wins and losses are those that pandas finds in the data."""

import os
import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from optbench.importing.layout import read_runs
from optbench.importing.readers.files import read_file
from optbench.importing.study import import_study
from optbench.importing.tables import ImportOptions
from optbench.report.loading import report_data
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.conftest import ROOT

FOLDER = os.environ.get("OPTBENCH_TEST_DATA")
FILE = Path(FOLDER or ".") / "published" / "tabular_mlp_runs.csv"
PAGE = ROOT / "reports" / "tabular-mlp" / "index.html"
needs_data = pytest.mark.skipif(not FILE.exists(), reason="OPTBENCH_TEST_DATA has no published runs")
FIRST = ["muon-ema", "adamw-ema", "muon", "schedulefree"]


@pytest.fixture(scope="module")
def runs():
    return pd.read_csv(FILE)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The report data of the study."""
    store = Store(tmp_path_factory.mktemp("published") / "results")
    options = ImportOptions(decide_by="test.score", baseline="adamw")
    file = import_study(read_runs(read_file(FILE), options), store, "tabular-mlp", options)
    return report_data(load_result(store, file), "adamw")


def by_problem(runs, how):
    """The test scores of each optimizer on each problem: their means or medians."""
    return runs.groupby(["dataset", "optimizer"])["test_score"].agg(how).unstack()


@needs_data
def test_mean_ranks_are_those_of_the_data(runs, data):
    expected = by_problem(runs, "median").rank(axis=1, ascending=False).mean()
    found = data.mean_ranks.set_index("contender")["mean_rank"]
    assert found.to_dict() == pytest.approx(expected.to_dict())
    assert list(found.index[:4]) == FIRST
    by_mean = by_problem(runs, "mean").rank(axis=1, ascending=False).mean().sort_values()
    assert list(by_mean.index[:4]) == FIRST


@needs_data
def test_wins_and_losses_against_adamw_are_those_of_the_data(runs, data):
    medians, means = by_problem(runs, "median"), by_problem(runs, "mean")
    pairs = data.problem_pairs
    for name in medians.columns.drop("adamw"):
        row = pairs[pairs[["contender", "other"]].isin([name, "adamw"]).all(axis=1)].iloc[0]
        won, lost = (row["won"], row["lost"]) if row["contender"] == name else (row["lost"], row["won"])
        expected = ((medians[name] > medians["adamw"]).sum(), (medians[name] < medians["adamw"]).sum())
        assert (won, lost) == expected, name
    muon = pairs[(pairs["contender"] == "muon") & (pairs["other"] == "adamw")].iloc[0]
    assert muon["won"] == (means["muon"] > means["adamw"]).sum() == 12


@needs_data
def test_significance_against_adamw_is_that_of_corrected_exact_tests(runs, data):
    table = data.pairs[data.pairs["problem"] == "churn"].set_index("contender")
    scores = runs[runs["dataset"] == "churn"].groupby("optimizer")["test_score"].apply(list)
    generator_ties = {name for name in table.index if len(set(scores[name] + scores["adamw"])) < 20}
    free_of_ties = table.index.difference(list(generator_ties))
    for name in free_of_ties:
        expected = stats.mannwhitneyu(scores[name], scores["adamw"], method="exact").pvalue
        assert table.loc[name, "p_value"] == pytest.approx(expected)
    ordered = table.sort_values("p_value")["p_holm"]
    assert ordered.is_monotonic_increasing
    assert ordered.iloc[0] == pytest.approx(min(1.0, 15 * table["p_value"].min()))
    assert not table["is_paired"].any()
    assert set(table.loc[table["p_holm"] > 0.05, "mark"]) <= {""}


def test_the_kept_page_has_these_ranks_and_no_paths():
    page = PAGE.read_text(encoding="utf8")
    assert len(page) < 4e6
    assert not re.search(r"/(home|tmp|work|root|usr)/", page)
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert "muon-ema has the best mean rank" in text
    assert "tabular_mlp_runs.csv (csv): not paired" in text
    assert "compared as independent samples" in text
    board = text[text.index("Leaderboard") :]
    assert [board.index(f" {name} ") for name in FIRST] == sorted(board.index(f" {name} ") for name in FIRST)
