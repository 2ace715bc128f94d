"""A study with more optimizers than colors: figures show the best ones in different colors, tables show all."""

import pytest

from optbench.report.across_problems import across_problems
from optbench.report.colors import LIGHT
from optbench.report.loading import report_data
from optbench.report.page import build
from optbench.report.parts import convergence, divergences, final_values, learning_rate
from optbench.report.scope import Scope
from optbench.results.loading import load_result
from optbench.results.store import Store
from tests.conftest import stems
from tests.report.made_up_results import Made, write

MANY = tuple(stems("optimizer")[:14])
PROBLEMS = ("digits_mlp", "iris_mlp")
TARGETS = {problem: {"metric": "loss", "split": "valid", "value": 0.5} for problem in PROBLEMS}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of 14 optimizers on two problems with three learning rates, of which the largest diverges."""
    folder = tmp_path_factory.mktemp("many")
    write(folder, Made("many", PROBLEMS, MANY, rates=(0.01, 0.1, 10.0), seeds=3, points=5, extra={"targets": TARGETS}))
    return folder


@pytest.fixture(scope="module")
def data(results):
    return report_data(load_result(Store(results), Store(results).read_study("many")))


def test_figures_show_the_best_in_different_colors(data):
    scope = Scope(data, PROBLEMS[0], 0)
    colors = [key.color for key in convergence.part(scope).body.legend]
    assert len(colors) == len(set(colors)) == len(LIGHT)
    medians = scope.summary.query("metric == 'loss' and split == 'valid'").set_index("setting")["median"]
    best = medians[[row.setting for row in scope.data.contenders.query("problem == @scope.problem").itertuples()]]
    assert set(scope.colors) == set(best.sort_values(kind="stable").index[: len(LIGHT)])
    assert {key.text for key in learning_rate.part(scope).body.legend} == set(scope.optimizer_colors)


def test_tables_have_all_and_the_section_says_what_figures_show(data, results, tmp_path, reports_without_figures):
    scope = Scope(data, PROBLEMS[0], 0)
    assert len(final_values.part(scope).body.tables[0].rows) == 3 * len(MANY)
    assert len(learning_rate.part(scope).body.tables[0].rows) == len(MANY)
    assert len(divergences.part(scope).body.tables[0].rows) == len(MANY)
    assert not divergences.part(scope).body.views
    page = build(results, tmp_path, ["many"]).read_text(encoding="utf8")
    best = f"the 10 of {len(MANY)} with the lowest median final validation loss"
    assert f"{best}, because there are 10 distinguishable colors; tables have all" in page
    assert page.count("<summary>All 42 settings</summary>") == 1


def test_the_performance_profile_draws_the_best_scores(data):
    (profile,) = [part for part in across_problems(data).parts if part.key == "profile"]
    assert len({key.color for key in profile.body.legend}) == len(LIGHT)
    assert len(profile.body.tables[0].rows) == len(MANY)
    assert f"Of {len(MANY)} optimizers the 10 with the highest scores" in profile.body.drawings[0].caption
