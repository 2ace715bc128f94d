"""Curves that were recorded at different steps, as is common for imported runs.

    curves ──> thin_steps ──> matrices ──> fill_gaps

Between two recorded values, a run has the earlier one. After its last value, it keeps this value as long as another run
of its setting continues. Final and best values are always recorded values. Points before a run's first value stay
empty, and a band begins where all runs of the setting have values.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import cost_sign
from optbench.spec.metrics import Declared
from optbench.spec.status import RunStatus

MOST_POINTS = 400  # maximum number of distinct steps of a problem; curves with more are thinned
KEYS = ["run_id", "split", "metric"]
Best = Mapping[tuple[str, str], pd.Series]  # by split and metric, the best recorded value of each run


def thin_steps(curves: pd.DataFrame, problems: pd.Series) -> pd.DataFrame:
    """Return curves with at most :data:`MOST_POINTS` different steps on each problem.

    A value moves to the next kept step. If a run has several values there, the last one is kept, so the last value of
    each run always remains.

    Args:
        curves: ``run_id, step, epoch, split, metric, value``, of the runs of some problems.
        problems: the problem of each run, by its id.
    """
    problem = pd.factorize(curves["run_id"].map(problems).astype(object))[0]
    step = curves["step"].to_numpy(np.int64)
    kept = step.copy()
    for number in range(problem.max(initial=-1) + 1):
        rows = problem == number
        steps = np.unique(step[rows])
        if len(steps) > MOST_POINTS:
            grid = steps[np.unique(np.linspace(0, len(steps) - 1, MOST_POINTS).round().astype(int))]
            kept[rows] = grid[np.searchsorted(grid, step[rows])]
    if np.array_equal(kept, step):
        return curves
    moved = curves.assign(was=step, step=kept).sort_values("was", kind="stable")
    last = moved.drop_duplicates([*KEYS, "step"], keep="last")
    return last.sort_index().drop(columns="was")


def best_recorded(curves: pd.DataFrame, declared: Declared) -> Best:
    """Return the best value of each run, by split and metric, before curves are thinned.

    Args:
        curves: as in :func:`thin_steps`.
        declared: directions and ranges of metrics by name.
    """
    found = {}
    for (split, metric), rows in curves.groupby(["split", "metric"], observed=True, sort=False):
        values = rows.groupby("run_id", observed=True)["value"]
        found[str(split), str(metric)] = values.min() if cost_sign(str(metric), declared) > 0 else values.max()
    return found


def fill_gaps(matrix: Matrix, best: Best | None = None) -> Matrix:
    """Return a matrix in which runs also have values at the steps of other runs.

    Args:
        matrix: the curves of one metric on one split. Their runs have the columns ``run_id, setting, status``.
        best: from :func:`best_recorded`.
    """
    numbers = matrix.numbers
    points = numbers.shape[1]
    recorded = ~np.isnan(numbers)
    latest = np.maximum.accumulate(np.where(recorded, np.arange(points), -1), axis=1)
    filled = np.where(latest >= 0, np.take_along_axis(numbers, np.maximum(latest, 0), axis=1), np.nan)
    filled[np.arange(points) > last_points(matrix, recorded)[:, None]] = np.nan
    of_runs = None if best is None else best.get((matrix.split, matrix.metric))
    values = None if of_runs is None else of_runs.reindex(matrix.runs["run_id"].astype(str)).to_numpy(float)
    return matrix._replace(numbers=filled, is_uneven=True, best=values)


def last_points(matrix: Matrix, recorded: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the point up to which a run keeps its last value, (runs,): the end of its setting unless it diverged."""
    points = recorded.shape[1]
    own = np.where(recorded.any(axis=1), points - 1 - np.argmax(recorded[:, ::-1], axis=1), -1)
    setting = pd.factorize(matrix.runs["setting"])[0]
    longest = np.full(setting.max(initial=-1) + 1, -1)
    np.maximum.at(longest, setting, own)
    is_done = (matrix.runs["status"] == RunStatus.DONE).to_numpy()
    found: NDArray[np.int64] = np.where(is_done, longest[setting], own)
    return found
