"""From matrices of curves to one row a run, and from runs to one row a setting.

    matrices ──> run_values, values_at_best_valid ──> summary
             └─> bands

A diverged run counts as the worst possible value in medians and quartiles, and blanks means. It is never dropped.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import MINIMISED, Numbers, area, best, last, sign, worst
from optbench.analysis.statistics import mean_intervals_of_rows, quartiles_of_rows

SETTING = ["problem", "setting", "optimizer"]
RUN = ["run_id", *SETTING, "seed"]
KEYS = [*SETTING, "split", "metric"]
VALUES = [*RUN, "split", "metric", "value", "best", "area", "diverged"]
QUARTILES = ["median", "q25", "q75"]


def run_values(matrices: Iterable[Matrix]) -> pd.DataFrame:
    """What each run came to on each split and metric.

    Args:
        matrices: their runs have ``run_id, problem, setting, optimizer, seed, status``.

    Returns:
        ``run_id, problem, setting, optimizer, seed, split, metric, value, best, area, diverged``: the last value, the
        best on the way, and the area under the curve divided by its steps, which is a mean value on the way. All three
        are the worst possible of a run that diverged, also where it was good before.
    """
    parts = [
        _labelled(m, value=last(m.numbers), best=best(m.numbers, m.metric), area=area(m.numbers, m.steps))
        for m in matrices
    ]
    return stacked(parts, VALUES)


def values_at_best_valid(matrices: Sequence[Matrix]) -> pd.DataFrame:
    """Each run's test values where its validation value of the same metric was best.

    Of equal values the one with the lower validation loss counts (accuracies on few examples are often equal), then the
    first. Nothing is chosen by the regularized loss. Without a validation split the table is empty.

    Returns:
        ``run_id, problem, setting, optimizer, seed, split, metric, value, diverged``, with ``split`` test.
    """
    by_key = {(m.problem, m.split, m.metric): m for m in matrices}
    parts = []
    for (problem, split, metric), test in by_key.items():
        valid = by_key.get((problem, "valid", metric))
        if split == "test" and valid is not None and metric != MINIMISED:
            loss = by_key.get((problem, "valid", "loss"), valid)
            place = _best_place(sign(metric) * valid.numbers, loss.numbers)
            parts.append(_labelled(test, value=np.take_along_axis(test.numbers, place[:, None], axis=1)[:, 0]))
    return stacked(parts, [column for column in VALUES if column not in ("best", "area")])


def summary(values: pd.DataFrame) -> pd.DataFrame:
    """Over seeds, for each problem, setting, split and metric.

    Args:
        values: from :func:`run_values` or :func:`values_at_best_valid`.

    Returns:
        ``problem, setting, optimizer, split, metric, runs, median, q25, q75, mean, mean_low, mean_high``.
    """
    groups = values.groupby(KEYS, sort=False, observed=True)
    number, numbers = groups.ngroup().to_numpy(), values["value"].to_numpy(float)
    finite = np.where(values["diverged"], np.nan, numbers)
    table = values[KEYS].drop_duplicates().reset_index(drop=True).assign(runs=np.bincount(number))
    table[QUARTILES] = of_groups(numbers, number, quartiles_of_rows)
    table[["mean", "mean_low", "mean_high"]] = of_groups(finite, number, mean_intervals_of_rows)
    return table


def bands(matrices: Iterable[Matrix]) -> pd.DataFrame:
    """Median and quartiles over seeds at each evaluation point.

    From the step at which a run diverged on, it counts as the worst value.

    Returns:
        ``problem, setting, optimizer, split, metric, step, epoch, median, q25, q75``.
    """
    return stacked([_bands_of(matrix) for matrix in matrices], [*KEYS, "step", "epoch", *QUARTILES])


def of_groups(values: Numbers, group: NDArray[np.intp], function: Callable[[Numbers], Numbers]) -> Numbers:
    """``function`` of the values of each group, all groups of one size at once.

    Args:
        values: (rows,).
        group: (rows,), the number of each row's group, 0 .. groups - 1, none left out.
        function: from (m, n), m groups of n values, to (m, k).

    Returns:
        (groups, k).
    """
    order, sizes = np.argsort(group, kind="stable"), np.bincount(group)
    of_row, in_order = sizes[group[order]], values[order]
    parts = {n: function(in_order[of_row == n].reshape(-1, n)) for n in np.unique(sizes)}
    result = np.empty((len(sizes), function(np.empty((0, 1))).shape[1]))
    for n, part in parts.items():
        result[sizes == n] = part
    return result


def _bands_of(matrix: Matrix) -> pd.DataFrame:
    points = len(matrix.steps)
    setting, _ = pd.factorize(matrix.runs["setting"])
    values = np.where(np.isnan(matrix.numbers), worst(matrix.metric), matrix.numbers)
    group = setting[:, None] * points + np.arange(points)
    quartiles = of_groups(values.ravel(), group.ravel(), quartiles_of_rows)
    settings = matrix.runs[SETTING].drop_duplicates("setting")
    table = settings.loc[settings.index.repeat(points)].reset_index(drop=True)
    table[QUARTILES] = quartiles
    count = len(settings)
    points_of = {"step": np.tile(matrix.steps, count), "epoch": np.tile(matrix.epochs, count)}
    return table.assign(split=matrix.split, metric=matrix.metric, **points_of)


def _labelled(matrix: Matrix, **columns: Numbers) -> pd.DataFrame:
    """The matrix's runs with ``columns``, in which the diverged have the worst value."""
    diverged = (matrix.runs["status"] == "diverged").to_numpy()
    values = {name: np.where(diverged, worst(matrix.metric), column) for name, column in columns.items()}
    return matrix.runs[RUN].assign(split=matrix.split, metric=matrix.metric, **values, diverged=diverged)


def stacked(parts: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Tables of the same columns under each other; with no row if there is none."""
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def _best_place(cost: Numbers, loss: Numbers) -> NDArray[np.intp]:
    """The point of each run with the lowest cost, of equals the lowest loss, of equals the first.

    Args:
        cost, loss: (runs, points), NaN where nothing was recorded.
    """
    cost, loss = (np.where(np.isnan(values), np.inf, values) for values in (cost, loss))
    lowest = cost == cost.min(axis=1, keepdims=True)
    of_lowest = np.where(lowest, loss, np.inf).min(axis=1, keepdims=True)
    place: NDArray[np.intp] = np.argmax(lowest & (loss == of_lowest), axis=1)
    return place
