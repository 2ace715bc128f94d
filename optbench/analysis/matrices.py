"""Curves as matrices: the runs of a problem down, its evaluation points across.

All runs of a problem are looked at at the same steps, so a table of millions of rows is a few dense arrays, and what is
computed from them needs no loop over runs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.metrics import Numbers


class Matrix(NamedTuple):
    """One metric on one split of one problem."""

    problem: str
    split: str
    metric: str
    runs: pd.DataFrame  # the problem's rows of ``runs``, in their order
    steps: NDArray[np.int64]  # (points,), rising
    epochs: Numbers  # (points,)
    numbers: Numbers  # (runs, points), NaN where nothing was recorded


def matrices(runs: pd.DataFrame, curves: pd.DataFrame) -> Iterator[Matrix]:
    """A matrix for each problem, split and metric that was recorded, in the order of the tables.

    Args:
        runs: ``run_id, problem`` and whatever else, each run once.
        curves: ``run_id, step, epoch, split, metric, value``; rows of other runs are passed over.
    """
    run = places(curves["run_id"], pd.Index(runs["run_id"]))
    problem, problems = pd.factorize(runs["problem"])
    of_row = np.where(run >= 0, problem[run], -1)
    for number, name in enumerate(problems):
        rows = np.flatnonzero(of_row == number)
        in_problem = np.cumsum(problem == number) - 1  # the place of a run among those of its problem
        yield from _of_problem(name, runs[problem == number], curves, rows, in_problem[run[rows]])


def places(column: pd.Series, index: pd.Index) -> NDArray[np.intp]:
    """Where each value of ``column`` stands in ``index``, -1 where it does not."""
    values = column.astype("category").cat
    place: NDArray[np.intp] = np.append(index.get_indexer(values.categories), -1)[values.codes]
    return place


def _of_problem(
    problem: str, runs: pd.DataFrame, curves: pd.DataFrame, rows: NDArray[np.intp], run: NDArray[np.intp]
) -> Iterator[Matrix]:
    """The matrices of one problem, whose curves stand in ``rows`` and belong to the runs at ``run``."""
    point, steps = pd.factorize(curves["step"].to_numpy()[rows], sort=True)
    epochs = np.empty(len(steps))
    epochs[point] = curves["epoch"].to_numpy()[rows]
    values = curves["value"].to_numpy()[rows]
    (split, splits), (metric, metrics) = (pd.factorize(curves[c].iloc[rows]) for c in ("split", "metric"))
    pair, pairs = pd.factorize(split * len(metrics) + metric)
    for number, both in enumerate(pairs):
        those = pair == number
        matrix = np.full((len(runs), len(steps)), np.nan)
        matrix[run[those], point[those]] = values[those]
        of_split, of_metric = divmod(int(both), len(metrics))
        yield Matrix(problem, splits[of_split], metrics[of_metric], runs, steps, epochs, matrix)
