"""Store curves as matrices: one row per run of a problem, one column per evaluation point.

All runs of a problem are evaluated at the same steps. A curve table with millions of rows is therefore equivalent to a
few dense arrays, and statistics need no loop over runs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.metrics import Numbers
from optbench.spec.metrics import NOTHING_DECLARED, Declared


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


def matrices(runs: pd.DataFrame, curves: pd.DataFrame, declared: Declared = NOTHING_DECLARED) -> Iterator[Matrix]:
    """Yield a matrix for each recorded combination of problem, split and metric, in the order of the tables.

    Args:
        runs: one row per run, with the columns ``run_id, problem`` and any others.
        curves: a table with the columns ``run_id, step, epoch, split, metric, value``. Rows of other runs are ignored.
        declared: directions and ranges of metrics by name, as a study file has them.
    """
    run = index_positions(curves["run_id"], pd.Index(runs["run_id"]))
    problem, problems = pd.factorize(runs["problem"])
    of_row = np.where(run >= 0, problem[run], -1)
    for number, name in enumerate(problems):
        rows = np.flatnonzero(of_row == number)
        in_problem = np.cumsum(problem == number) - 1  # the position of a run among the runs of its problem
        found = _problem_matrices(name, runs[problem == number], curves, rows, in_problem[run[rows]])
        yield from (matrix._replace(declared=declared) for matrix in found)


def index_positions(column: pd.Series, index: pd.Index) -> NDArray[np.intp]:
    """Return the position of each value of ``column`` in ``index``, (n,), and -1 where the value is missing."""
    values = column.astype("category").cat
    positions: NDArray[np.intp] = np.append(index.get_indexer(values.categories), -1)[values.codes]
    return positions


def _problem_matrices(
    problem: str, runs: pd.DataFrame, curves: pd.DataFrame, rows: NDArray[np.intp], run: NDArray[np.intp]
) -> Iterator[Matrix]:
    """Yield the matrices of one problem.

    Args:
        problem: the label of the problem.
        runs: the runs of the problem.
        curves: the curves of all problems.
        rows: (n,), the positions of this problem's rows in ``curves``.
        run: (n,), the position in ``runs`` of the run to which each of these rows belongs.
    """
    point, steps = pd.factorize(curves["step"].to_numpy()[rows], sort=True)
    epochs = np.empty(len(steps))
    epochs[point] = curves["epoch"].to_numpy()[rows]
    values = curves["value"].to_numpy()[rows]
    (split, splits), (metric, metrics) = (pd.factorize(curves[c].iloc[rows]) for c in ("split", "metric"))
    pair, pairs = pd.factorize(split * len(metrics) + metric)
    for number, code in enumerate(pairs):
        in_pair = pair == number
        matrix = np.full((len(runs), len(steps)), np.nan)
        matrix[run[in_pair], point[in_pair]] = values[in_pair]
        split_code, metric_code = divmod(int(code), len(metrics))
        yield Matrix(problem, splits[split_code], metrics[metric_code], runs, steps, epochs, matrix)
