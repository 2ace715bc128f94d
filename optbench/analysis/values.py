"""Reduce curve matrices to one row per run, and runs to one row per setting.

    matrices ──> run_values, values_at_best_valid ──> summary
             └─> bands

A diverged run has the worst possible value in medians and quartiles, and makes means NaN. It is never dropped.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import (
    OBJECTIVE,
    Numbers,
    best_values,
    cost_sign,
    last_values,
    normalized_area,
    worst_value,
)
from optbench.analysis.pairs import pair_keys
from optbench.analysis.statistics import mean_intervals_of_rows, quartiles_of_rows
from optbench.spec.status import RunStatus

SETTING = ["problem", "setting", "optimizer"]
RUN = ["run_id", *SETTING, "seed"]
KEYS = [*SETTING, "split", "metric"]
VALUES = [*RUN, "split", "metric", "value", "best", "area", "diverged"]
QUARTILES = ["median", "q25", "q75"]


def run_values(matrices: Iterable[Matrix]) -> pd.DataFrame:
    """Return the final, best and mean value of each run on each split and metric.

    Args:
        matrices: the curves. Their runs have the columns ``run_id, problem, setting, optimizer, seed, status``.

    Returns:
        ``run_id, problem, setting, optimizer, seed, split, metric, value, best, area, diverged``, and ``split_seed`` if
        the runs have it. ``value`` is the last
        value, ``best`` the best value during training, and ``area`` the area under the curve divided by the number of
        steps. For a diverged run all three are the worst possible value.
    """
    parts = [
        _label_values(
            m,
            value=last_values(m.numbers),
            best=best_values(m.numbers, m.metric, m.declared) if m.best is None else m.best,
            area=normalized_area(m.numbers, m.steps),
        )
        for m in matrices
    ]
    return concat_tables(parts, run_columns(VALUES, parts))


def values_at_best_valid(matrices: Sequence[Matrix]) -> pd.DataFrame:
    """Return the test values of each run at the point with its best validation value of the same metric.

    Ties are broken by the lower validation loss, because accuracies on few examples are often equal, and then by the
    earlier point. The regularized loss is left out.

    Args:
        matrices: the curves, as in :func:`run_values`.

    Returns:
        ``run_id, problem, setting, optimizer, seed, split, metric, value, diverged``, where ``split`` is test. The
        table is empty without a validation split.
    """
    by_key = {(m.problem, m.split, m.metric): m for m in matrices}
    parts = []
    for (problem, split, metric), test in by_key.items():
        valid = by_key.get((problem, "valid", metric))
        if split == "test" and valid is not None and metric != OBJECTIVE:
            loss = by_key.get((problem, "valid", "loss"), valid)
            point = _best_point(cost_sign(metric, valid.declared) * valid.numbers, loss.numbers)
            parts.append(_label_values(test, value=np.take_along_axis(test.numbers, point[:, None], axis=1)[:, 0]))
    return concat_tables(parts, run_columns([column for column in VALUES if column not in ("best", "area")], parts))


def summary(values: pd.DataFrame) -> pd.DataFrame:
    """Summarize values over seeds, for each problem, setting, split and metric.

    Args:
        values: from :func:`run_values` or :func:`values_at_best_valid`.

    Returns:
        ``problem, setting, optimizer, split, metric, runs, median, q25, q75, mean, mean_low, mean_high``. ``runs`` is
        the number of runs. The other columns have the unit of the metric.
    """
    groups = values.groupby(KEYS, sort=False, observed=True)
    number, numbers = groups.ngroup().to_numpy(), values["value"].to_numpy(float)
    finite = np.where(values["diverged"], np.nan, numbers)
    table = values[KEYS].drop_duplicates().reset_index(drop=True).assign(runs=np.bincount(number))
    table[QUARTILES] = apply_by_group(numbers, number, quartiles_of_rows)
    table[["mean", "mean_low", "mean_high"]] = apply_by_group(finite, number, mean_intervals_of_rows)
    return table


def bands(matrices: Iterable[Matrix]) -> pd.DataFrame:
    """Return the median and the quartiles over seeds at each evaluation point.

    A diverged run has the worst possible value from the step at which it diverged.

    Args:
        matrices: the curves, as in :func:`run_values`.

    Returns:
        ``problem, setting, optimizer, split, metric, step, epoch, median, q25, q75``.
    """
    return concat_tables([_matrix_bands(matrix) for matrix in matrices], [*KEYS, "step", "epoch", *QUARTILES])


def apply_by_group(values: Numbers, group: NDArray[np.intp], function: Callable[[Numbers], Numbers]) -> Numbers:
    """Apply ``function`` to the values of each group. Groups of equal size are computed in one call.

    Args:
        values: (rows,).
        group: (rows,), the index of the group of each row. Every index in 0 .. groups - 1 occurs.
        function: maps (m, n), m groups of n values, to (m, k).

    Returns:
        (groups, k).
    """
    order, sizes = np.argsort(group, kind="stable"), np.bincount(group)
    row_sizes, sorted_values = sizes[group[order]], values[order]
    parts = {n: function(sorted_values[row_sizes == n].reshape(-1, n)) for n in np.unique(sizes)}
    result = np.empty((len(sizes), function(np.empty((0, 1))).shape[1]))
    for n, part in parts.items():
        result[sizes == n] = part
    return result


def _matrix_bands(matrix: Matrix) -> pd.DataFrame:
    """Return the bands of one matrix."""
    points = len(matrix.steps)
    setting, _ = pd.factorize(matrix.runs["setting"])
    worst = worst_value(matrix.metric, matrix.declared)
    values = np.where(np.isnan(matrix.numbers), worst, matrix.numbers)
    group = setting[:, None] * points + np.arange(points)
    quartiles = apply_by_group(values.ravel(), group.ravel(), quartiles_of_rows)
    settings = matrix.runs[SETTING].drop_duplicates("setting")
    table = settings.loc[settings.index.repeat(points)].reset_index(drop=True)
    table[QUARTILES] = quartiles
    count = len(settings)
    coordinates = {"step": np.tile(matrix.steps, count), "epoch": np.tile(matrix.epochs, count)}
    table = table.assign(split=matrix.split, metric=matrix.metric, **coordinates)
    if not matrix.is_uneven:
        return table
    return table[is_complete(matrix, setting).ravel()].reset_index(drop=True)


def is_complete(matrix: Matrix, setting: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return whether all runs of a setting that did not diverge have a value at a point, (settings, points)."""
    diverged = (matrix.runs["status"] == RunStatus.DIVERGED).to_numpy()
    lacking = np.zeros((setting.max(initial=-1) + 1, len(matrix.steps)), bool)
    np.logical_or.at(lacking, setting, np.isnan(matrix.numbers) & ~diverged[:, None])
    return ~lacking


def _label_values(matrix: Matrix, **columns: Numbers) -> pd.DataFrame:
    """Return the runs of the matrix with ``columns`` added, in which diverged runs have the worst value."""
    diverged = (matrix.runs["status"] == RunStatus.DIVERGED).to_numpy()
    worst = worst_value(matrix.metric, matrix.declared)
    values = {name: np.where(diverged, worst, column) for name, column in columns.items()}
    return matrix.runs[run_columns(RUN, [matrix.runs])].assign(
        split=matrix.split, metric=matrix.metric, **values, diverged=diverged
    )


def run_columns(columns: Sequence[str], tables: Sequence[pd.DataFrame]) -> list[str]:
    """Return ``columns`` with the seed of the split before the seed of the run, if the tables have it."""
    keys = pair_keys(tables[0]) if tables else ["seed"]
    return [key for column in columns for key in (keys if column == "seed" else [column])]


def concat_tables(parts: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Concatenate tables with the same columns. Without any table, return an empty one."""
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def _best_point(cost: Numbers, loss: Numbers) -> NDArray[np.intp]:
    """Return the point of each run with the lowest cost. Ties are broken by the lowest loss, then by the first point.

    Args:
        cost: (runs, points), NaN where no value was recorded.
        loss: (runs, points), NaN where no value was recorded.

    Returns:
        (runs,), indices of points.
    """
    cost, loss = (np.where(np.isnan(values), np.inf, values) for values in (cost, loss))
    lowest = cost == cost.min(axis=1, keepdims=True)
    lowest_loss = np.where(lowest, loss, np.inf).min(axis=1, keepdims=True)
    point: NDArray[np.intp] = np.argmax(lowest & (loss == lowest_loss), axis=1)
    return point
