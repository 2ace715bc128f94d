"""Figures of particular problems: paths on contours, decision regions, the gap to the optimum."""

import re

import numpy as np
import pandas as pd
import pytest

from optbench.analysis.matrices import Matrix
from optbench.losses import _surfaces as surfaces
from optbench.report.figures import paths as path_figures
from optbench.report.figures.regions import Plane, plot_decision_regions
from optbench.report.page import build
from optbench.report.parts import optimality_gap, paths, regions
from optbench.report.scope import ReportData, Scope
from optbench.spec.study_file import ReferenceValue
from optbench.spec.study_result import StudyResult
from tests.conftest import raw_node
from tests.results.test_store import study_file
from tests.study.test_study import job, study

PLACES = pd.DataFrame(
    {
        "run_id": ["a"] * 101 + ["b"] * 3,
        "optimizer": ["adam"] * 101 + ["sgd"] * 3,
        "step": [*range(101), 0, 1, 2],
        "x": [*np.linspace(-1, 1, 100), 1e6, -2.0, 0.0, 0.5],
        "y": [*np.linspace(1, 1, 101), 1.5, 0.0, 0.0],
    }
)


OPTIMUM = ReferenceValue("optimum", "optimum", "loss", "train", 20.0, "computed")


def scope_of(runs, final=None):
    """Return a scope of one problem with the given final values."""
    none = pd.DataFrame()
    result = StudyResult(study_file([]), runs, runs.iloc[:0], none, none, (), lambda ids, kind: None)
    data = ReportData(result, [], [])
    scope = Scope(data, "p", 0)
    if final is not None:
        scope.__dict__["final"] = final  # replaces the cached property
    return scope


def runs_with(**loss):
    config = f'{{"loss": {str(loss).replace(chr(39), chr(34))}, "precision": "float32"}}'
    return pd.DataFrame([{"problem": "p", "optimizer": "sgd", "run_id": "a", "config": config}])


def test_the_surface_has_the_parameters_of_the_runs():
    node = {"_target_": "optbench.losses.quadratic.quadratic", "condition": 4.0, "noise": 1.0}
    found = paths.find_surface(scope_of(runs_with(**node)))
    assert found.at([1.0, 1.0]) == surfaces.quadratic(4.0).at([1.0, 1.0]) == 2.5
    assert paths.find_surface(scope_of(runs_with(_target_="optbench.losses.mse.mse"))) is None
    assert paths.find_surface(scope_of(runs_with(_target_="my.losses.beale"))) is None


def test_the_main_path_belongs_to_the_median_seed():
    values = [3.0, 1.0, 2.0, np.inf]
    rows = pd.DataFrame({"run_id": list("abcd"), "seed": range(4), "value": values}).assign(setting="s", metric="loss")
    assert paths.median_runs(scope_of(runs_with(), rows)) == {"c"}
    assert paths.median_runs(scope_of(runs_with(), rows[:1])) == {"a"}


def test_the_window_contains_starts_and_minima_and_ignores_an_outlier():
    seen = path_figures.find_window(PLACES, [[3.0, 0.5]])
    assert seen.x[0] < -2.0
    assert 3.0 < seen.x[1] < 10.0
    assert seen.y[0] < 0.0
    assert seen.y[1] > 1.5


@pytest.mark.parametrize("name", ["ackley", "beale", "himmelblau", "rastrigin", "rosenbrock"])
def test_levels_have_equal_ratios_and_enclose_grid_points(name):
    _, _, above = path_figures.evaluate_grid(getattr(surfaces, name)(), path_figures.Window((-3, 3), (-2, 4)))
    levels = path_figures.contour_levels(above)
    assert len(levels) == path_figures.LEVEL_COUNT
    np.testing.assert_allclose(np.diff(np.log(levels)), np.log(levels[1] / levels[0]), rtol=1e-9)
    assert above.min() < levels[0] < levels[-1] < above.max()


def test_a_flat_function_has_a_level():
    assert path_figures.contour_levels(np.zeros((5, 5))).tolist() == [0.0]


def test_a_single_output_gives_scores_of_both_classes():
    said = np.array([[[0.2, 0.9]]])
    np.testing.assert_allclose(regions.two_class_scores(said)[:, 0], [[0.8, 0.1], [0.2, 0.9]])
    assert regions.two_class_scores(np.zeros((3, 2, 2))).shape == (3, 2, 2)


def test_the_decision_boundary_is_where_two_classes_are_equal():
    """Class 1 is where x > 1, so that the boundary is the line x = 1."""
    side = 41
    x = np.tile(np.linspace(-2, 2, side), (side, 1))
    chance = 1 / (1 + np.exp(-4 * (x - 1)))
    points = np.array([[-1.0, 0.0, 0.0], [1.5, 0.0, 1.0]])
    figure = plot_decision_regions(Plane(points, np.array([[-2.0, 2.0], [-2.0, 2.0]]), np.stack([1 - chance, chance])))
    (axes,) = figure.axes
    borders = [c for c in axes.collections if len(c.get_linewidths()) and c.get_linewidths()[0] == 0.9]
    corners = np.concatenate([p.vertices for c in borders for p in c.get_paths()])
    np.testing.assert_allclose(corners[:, 0], 1.0, atol=0.01)


def test_a_gap_is_never_below_the_rounding_error():
    numbers = np.array([[0.6, 0.5, 0.5 - 1e-8, np.nan]])
    matrix = Matrix("p", "train", "loss", pd.DataFrame(), np.arange(4), np.arange(4.0), numbers)
    np.testing.assert_allclose(optimality_gap.gap_to_optimum(matrix, 0.5, 1e-7).numbers, [[0.1, 1e-7, 1e-7, np.nan]])
    assert optimality_gap.rounding_error(scope_of(runs_with()), OPTIMUM) == pytest.approx(2e-6)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The text of a page with a test function and a classification in the plane."""
    folder = tmp_path_factory.mktemp("pictures")
    this, jobs = study(), []
    for rule in ("sgd", "adam"):
        one = job(folder, rule, "none", "point", rule={"learning_rate": 1e-3}, steps=20, loss=raw_node("loss", "beale"))
        jobs.append(one._replace(choices={**one.choices, "loss": "beale"}))
        plane = raw_node("dataset", "iris", features=[0, 1])
        one = job(folder, rule, steps=20)
        jobs.append(one._replace(config={**one.config, "dataset": plane}))
    this.add(jobs)
    assert this.finish() == 0
    return folder, (folder / "reports" / "trial" / "index.html").read_text()


def test_the_page_has_a_path_and_a_region_for_each_setting(pages):
    labels = re.findall(r'aria-label="([^"]*)"', pages[1])
    for on_beale, on_iris in (("sgd learning_rate=0.001", "sgd learning_rate=0.1"), ("adam", "adam")):
        path = f"paths of {on_beale} on the contours; the median seed ended at ("
        assert sum(path in label for label in labels) == 1
        assert sum(f"regions of the plane by {on_iris}: class 0 " in label for label in labels) == 1
    assert "The minimum is 0 at (3, 0.5)." in pages[1]


def test_without_arrays_the_page_has_no_such_figures(pages):
    folder, before = pages
    for path in (folder / "results" / "arrays").iterdir():
        path.rename(path.with_suffix(".away"))
    after = build(folder / "results", folder / "reports", ["trial"]).read_text()
    assert "Decision regions" in before
    assert "Paths" in before
    assert "Decision regions" not in after
    assert ">Paths<" not in after
