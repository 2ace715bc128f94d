"""Store curves as matrices: one row per run of a problem, one column per evaluation point.

All runs of a problem are evaluated at the same steps, and their diagnostics are measured at the same of these. A curve
table with millions of rows is therefore equivalent to a few dense arrays, and statistics need no loop over runs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.metrics import Numbers
from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.metrics import NOTHING_DECLARED, Declared

MOST_STEPS = 10_000_000  # the largest step for which steps are counted


class Matrix(NamedTuple):
    """The values of one metric on one split, for all runs of one problem."""

    problem: str
    split: str
    metric: str
    runs: pd.DataFrame  # the rows of ``runs`` that belong to the problem, in their original order
    steps: NDArray[np.int64]  # (points,), increasing
    epochs: Numbers  # (points,)
    numbers: Numbers  # (runs, points), NaN where no value was recorded
    declared: Declared = NOTHING_DECLARED  # directions and ranges of metrics by name
    is_uneven: bool = False  # whether runs were recorded at different steps, see optbench.analysis.uneven_steps
    best: Numbers | None = None  # (runs,), best recorded values, if the matrix does not contain all recorded points


def matrices(runs: pd.DataFrame, curves: pd.DataFrame, declared: Declared = NOTHING_DECLARED) -> Iterator[Matrix]:
    """Yield a matrix for each recorded combination of problem, split and metric, in the order of the tables.

    Args:
        runs: one row per run, with the columns ``run_id, problem`` and any others.
        curves: a table with the columns ``run_id, step, epoch, split, metric, value``. Rows of other runs are ignored.
        declared: directions and ranges of metrics by name, as in a study file.
    """
    run = index_positions(curves["run_id"], pd.Index(runs["run_id"]))
    problem, problems = pd.factorize(runs["problem"])
    if len(problems) == 1 and run.min(initial=0) >= 0:  # the usual case, without a copy of the table
        found = _problem_matrices(problems[0], runs, curves, run)
        yield from (matrix._replace(declared=declared) for matrix in found)
        return
    of_row = np.where(run >= 0, problem[run], -1)
    for number, name in enumerate(problems):
        rows = np.flatnonzero(of_row == number)
        in_problem = np.cumsum(problem == number) - 1  # the position of a run among the runs of its problem
        found = _problem_matrices(name, runs[problem == number], curves.iloc[rows], in_problem[run[rows]])
        yield from (matrix._replace(declared=declared) for matrix in found)


def index_positions(column: pd.Series, index: pd.Index) -> NDArray[np.intp]:
    """Return the position of each value of ``column`` in ``index``, (n,), and -1 where the value is missing."""
    values = column.astype("category").cat
    positions: NDArray[np.intp] = np.append(index.get_indexer(values.categories), -1)[values.codes]
    return positions


def _problem_matrices(
    problem: str, runs: pd.DataFrame, curves: pd.DataFrame, run: NDArray[np.intp]
) -> Iterator[Matrix]:
    """Yield the matrices of one problem.

    Args:
        problem: the label of the problem.
        runs: the runs of the problem.
        curves: (n rows), the curves of the problem.
        run: (n,), the position in ``runs`` of the run to which each of these rows belongs.
    """
    point, steps = positions_of_steps(curves["step"].to_numpy(np.int64))
    epochs = np.empty(len(steps))
    epochs[point] = curves["epoch"].to_numpy(float)
    split, metric = (curves[name].astype("category").cat for name in ("split", "metric"))
    metrics = len(metric.categories)
    code = split.codes.to_numpy().astype(np.int32) * metrics + metric.codes.to_numpy()
    pairs = pd.unique(code)  # in the order of the table
    place = np.zeros(len(split.categories) * metrics, np.int64)
    place[pairs] = np.arange(len(pairs))
    numbers = np.full((len(pairs), len(runs), len(steps)), np.nan)
    numbers.ravel()[(place[code] * len(runs) + run) * len(steps) + point] = curves["value"].to_numpy(float)
    for matrix, pair in zip(numbers, pairs.tolist(), strict=True):
        names = split.categories[pair // metrics], metric.categories[pair % metrics]
        found = Matrix(problem, *names, runs, steps, epochs, matrix)
        yield at_measured_points(found) if is_diagnostic(found.metric) else found


def at_measured_points(matrix: Matrix) -> Matrix:
    """Return the matrix without the points at which no run has a value: diagnostics are measured at some points."""
    at = ~np.isnan(matrix.numbers).all(axis=0)
    return matrix._replace(steps=matrix.steps[at], epochs=matrix.epochs[at], numbers=matrix.numbers[:, at])


def positions_of_steps(step: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the index of each step among the distinct steps, (n,), and the distinct steps in increasing order.

    Steps are small numbers, so counting them is faster than sorting a table of millions of rows.
    """
    if step.max(initial=0) > MOST_STEPS:
        steps, point = np.unique(step, return_inverse=True)
        return point, steps
    occurs = np.zeros(step.max(initial=-1) + 1, bool)
    occurs[step] = True
    return (np.cumsum(occurs) - 1)[step], np.flatnonzero(occurs)
