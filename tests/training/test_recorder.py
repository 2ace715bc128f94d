"""What is recorded beside metrics: paths of points, and what a model says of the plane."""

import numpy as np
import pytest

from optbench.problem.built import BuiltProblems
from optbench.problem.recordings import MOST_POINTS, SIDE, grid, plane_of, some_points
from optbench.sweep.plan import cut_shards
from optbench.sweep.record import shard_tables
from optbench.training.recorder import lowest_seeds
from tests.conftest import build_dataset, make_problem, make_setting
from tests.training.helpers import runs_of, trained

DOT = {"dataset": "dot", "nodes": {"model": {"hidden": [8]}}, "epochs": 3}
BINARY = {"dataset": "dot", "loss": "mse", "nodes": {"model": {"hidden": [8], "outputs": 1}}, "epochs": 3}
IRIS = {"dataset": "iris", "model": "softmax", "nodes": {"dataset": {"features": [0, 1]}}, "epochs": 3}


def of_kind(shown, kind, lane=0):
    return [r for r in shown.recorded if (r.lane, r.kind) == (lane, kind)]


def test_a_path_is_where_the_point_is_at_each_evaluation_point():
    """SGD on a bowl: coordinate i is multiplied with 1 - α c_i at each step."""
    nodes = {"model": {"start": [1.0, -2.0]}, "loss": {"condition": 10.0}}
    problem = make_problem("none", "point", "quadratic", nodes=nodes, steps=20, precision="float64")
    runs = runs_of(problem, make_setting("sgd", learning_rate=0.05), seeds=[0, 1])
    for _, shown, lane in trained(runs, "graph").values():
        path = of_kind(shown, "path", lane)
        assert [r.step for r in path] == list(range(21))
        expected = np.array([1.0, -2.0]) * (1 - 0.05 * np.array([1.0, 10.0])) ** np.arange(21)[:, None]
        np.testing.assert_allclose([r.array for r in path], expected, rtol=1e-12)


def test_a_path_ends_where_the_run_diverged():
    problem = make_problem("none", "point", "rosenbrock", steps=20)
    built_problems, (run,) = BuiltProblems(), runs_of(problem, make_setting("sgd", learning_rate=1.0), seeds=[0])
    _, shown, _ = trained([run], "graph")[run.run_id]
    (shard,) = cut_shards([run], built_problems, "auto", 1)
    tables = shard_tables(shard, built_problems.get(problem), shown, "now")
    assert tables.runs["status"].tolist() == ["diverged"]
    assert tables.arrays["step"].max() < tables.runs["diverged_at_step"][0]
    assert np.isfinite(np.stack(tables.arrays["values"])).all()
    assert tables.arrays["step"].tolist() == tables.curves["step"].tolist()


@pytest.mark.parametrize(("values", "outputs"), [(DOT, 2), (BINARY, 1), (IRIS, 3)])
def test_regions_are_what_the_model_says_at_the_end_of_each_settings_lowest_seed(values, outputs):
    problem = make_problem(**values)
    settings = [make_setting("sgd", learning_rate=rate) for rate in (0.1, 0.01)]
    runs = runs_of(problem, *settings, seeds=[5, 2, 7])
    results = trained(runs, "graph")
    built = BuiltProblems().get(problem)
    for run in runs:
        curve, shown, lane = results[run.run_id]
        found = of_kind(shown, "regions", lane)
        assert len(found) == (run.seed == 2)
        if found:
            (said,) = found
            assert said.step == built.total_steps
            assert said.array.shape == (outputs, SIDE, SIDE)
            accuracy = list(shown.metrics[-1]["train"]).index("accuracy")
            assert nearest_says(said.array, built.dataset) == pytest.approx(curve[-1][accuracy], abs=0.06)


def nearest_says(said, dataset):
    """The accuracy on train of the answers at the places of the grid that are nearest."""
    places = grid(plane_of(dataset))
    nearest = np.argmin(((dataset.train.x[:, None] - places) ** 2).sum(axis=-1), axis=1)
    answers = said.reshape(len(said), -1)[:, nearest]
    decided = (answers[0] > 0.5) if len(said) == 1 else answers.argmax(axis=0)
    return np.mean(decided == dataset.train.y)


def test_points_are_training_examples_and_lie_in_the_plane(stand_ins):
    dataset = build_dataset("digits", stand_ins)
    flat = dataset._replace(train=dataset.train._replace(x=dataset.train.x.reshape(-1, 64)[:, [20, 30]]))
    points = some_points(flat)
    assert MOST_POINTS / 2 < len(points) <= MOST_POINTS
    np.testing.assert_array_equal(points[1, :2], flat.train.x[len(flat.train.x) // MOST_POINTS + 1])
    dot = build_dataset("dot", stand_ins)
    plane = plane_of(dot)
    for split in dot.splits.values():
        assert np.all((split.x > plane[:, 0]) & (split.x < plane[:, 1]))
    corners = grid(plane)[[0, SIDE - 1, -1]]
    np.testing.assert_allclose(corners, [plane[:, 0], [plane[0, 1], plane[1, 0]], plane[:, 1]])


def test_nothing_is_recorded_of_other_problems():
    assert BuiltProblems().get(make_problem("iris")).recordings == []
    assert BuiltProblems().get(make_problem("noisy_sum", "softmax", "mse")).recordings == []


def test_the_lowest_seed_of_each_setting_in_a_shard():
    runs = runs_of(make_problem("iris"), make_setting("sgd"), make_setting("adam"), seeds=[4, 1, 3])
    assert lowest_seeds(runs) == {1, 4}
    assert lowest_seeds([]) == set()
