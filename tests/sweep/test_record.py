"""The rows of a shard equal those that are made number by number."""

import math

import numpy as np
import pandas as pd
import pytest

from optbench.problem.built import BuiltProblems
from optbench.results.schemas import ARRAYS, CURVES, RUNS
from optbench.runtime import machine
from optbench.sweep.parcel import bytes_of, tables_of
from optbench.sweep.plan import cut_shards
from optbench.sweep.record import shard_tables
from optbench.training.recorder import Recorded
from optbench.training.train import TrainingResult
from tests.conftest import make_problem, make_setting
from tests.training.helpers import runs_of

STEPS = [0, 3, 6, 9]
METRICS = [("train", "loss"), ("train", "accuracy"), ("valid", "loss")]


@pytest.fixture(scope="module")
def shard():
    """A shard of three runs, whose program has more lanes, and the built problem."""
    built_problems, problem = BuiltProblems(), make_problem("iris", "softmax")
    (shard,) = cut_shards(runs_of(problem, make_setting("sgd")), built_problems, "auto", workers=1)
    return shard, built_problems.get(problem)


def result(points=4, losses=(), alive=(True, True, True), interrupted=False):
    """A result with float32 metrics; ``losses`` are (lane, point, value) of the validation loss."""
    values = np.random.default_rng(0).random((points, len(METRICS), 5)).astype(np.float32)
    for lane, point, value in losses:
        values[point, 2, lane] = value
    metrics = []
    for at in values:
        of_point = {}
        for (split, metric), numbers in zip(METRICS, at, strict=True):
            of_point.setdefault(split, {})[metric] = numbers
        metrics.append(of_point)
    recorded = [Recorded(lane, "path", step, np.full((1, 2), lane, np.float32)) for step in STEPS for lane in (2, 0)]
    updates = np.array([9, 9, 4, 0, 0], np.int32)
    return TrainingResult(
        STEPS, metrics, [], [], np.array([*alive, True, True]), updates, list("abcde"), 1.0, 2.0, 3.0, interrupted,
        recorded, 12,
    )  # fmt: skip


def expected_curves(shard, built, trained, until):
    """The rows of ``curves``, one by one; ``until`` is the step from which on a run has none."""
    rows = []
    for lane, run in enumerate(shard.runs):
        for step, metrics in zip(trained.steps, trained.metrics, strict=False):
            for split, by_metric in metrics.items():
                for metric, values in by_metric.items():
                    if step < until[lane]:
                        row = (run.run_id, step, step / built.steps_per_epoch, split, metric, float(values[lane]))
                        rows.append(row)
    return pd.DataFrame(rows, columns=CURVES.names)


CASES = {
    "done": (result(), [math.inf] * 3, ["done"] * 3),
    "a loss that is not finite": (
        result(losses=[(1, 2, np.nan), (1, 3, np.inf)]), [math.inf, 6, math.inf], ["done", "diverged", "done"],
    ),
    "a lane that was frozen between two points": (
        result(alive=(True, True, False)), [math.inf, math.inf, 4], ["done", "done", "diverged"],
    ),
    "not finite from the start": (
        result(losses=[(0, 0, np.inf)]), [0, math.inf, math.inf], ["diverged", "done", "done"],
    ),
    "interrupted": (result(points=2, interrupted=True), [math.inf] * 3, ["interrupted"] * 3),
    "interrupted before the first point": (result(points=0, interrupted=True), [math.inf] * 3, ["interrupted"] * 3),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_rows_of_a_shard(shard, case):
    trained, until, statuses = CASES[case]
    tables = shard_tables(*shard, trained, "now")
    expected = expected_curves(*shard, trained, until)
    assert tables.runs["status"].tolist() == statuses
    assert list(tables.runs) == RUNS.names
    pd.testing.assert_frame_equal(tables.curves, expected, check_dtype=bool(len(expected)))
    first = expected[(expected["step"] == 0) & (expected["split"] == "train") & (expected["metric"] == "loss")]
    initial = tables.runs["run_id"].map(first.set_index("run_id")["value"])
    np.testing.assert_array_equal(tables.runs["initial_loss"], initial.astype(float))
    at = [None if math.isinf(step) else step for step in until]
    assert [None if math.isnan(step) else step for step in tables.runs["diverged_at_step"].astype(float)] == at


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("with_arrays", [True, False])
def test_the_rows_of_a_shard_travel_between_processes(shard, case, with_arrays):
    trained = CASES[case][0]
    tables = shard_tables(*shard, trained if with_arrays else trained._replace(recorded=[]), "now")
    arrived = tables_of(bytes_of(tables))
    assert [len(table) for table in arrived] == [len(table) for table in tables]
    pd.testing.assert_frame_equal(arrived.curves, tables.curves, check_dtype=bool(len(tables.curves)))


def test_arrays_stand_by_run_and_end_where_it_diverged(shard):
    tables = shard_tables(*shard, result(alive=(True, True, False)), "now")
    first, _, third = [run.run_id for run in shard[0].runs]
    assert tables.arrays[["run_id", "step"]].to_numpy().tolist() == [
        *([first, step] for step in STEPS), [third, 0], [third, 3],
    ]  # fmt: skip
    assert [list(shape) for shape in tables.arrays["shape"]] == [[1, 2]] * 6
    assert all(values.dtype == np.float64 for values in tables.arrays["values"])
    assert list(tables.arrays) == ARRAYS.names


@pytest.mark.parametrize("told", [0, 3])
def test_a_row_has_the_threads_that_tensorflow_was_told_to_use(shard, told, monkeypatch):
    threading = "tensorflow.config.threading.get_intra_op_parallelism_threads"
    monkeypatch.setattr(threading, lambda: told)
    tables = shard_tables(*shard, result(), "2026-01-01T12:00:00+00:00")
    assert set(tables.runs["threads"]) == {told or machine.cores()}
