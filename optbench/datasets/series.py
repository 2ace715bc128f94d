"""A user's time series: windows over the rows of a table, with a later value as the target."""

from typing import Annotated

import numpy as np
import pandas as pd

from optbench.config.parameters import AtLeastOne
from optbench.datasets._assemble import assemble
from optbench.datasets._columns import choose_columns, clean_column
from optbench.datasets._features import make_features
from optbench.datasets._finite import count_of
from optbench.datasets._from_frame import check_frame, clean_target, drop_missing_targets, find_target, read_times
from optbench.datasets._read_table import read_table
from optbench.datasets._targets import read_targets
from optbench.datasets._windows import cut_series, cut_windows
from optbench.datasets.base import Dataset
from optbench.datasets.splits import Subset
from optbench.datasets.user_options import Columns, FileFormat, Task, UserSplit, UserSubset
from optbench.errors import ConfigError


def series(
    path: str | None = None,
    target: str | int | None = None,
    time: str | None = None,
    window: Annotated[int, AtLeastOne] = 24,
    horizon: Annotated[int, AtLeastOne] = 1,
    task: Task = "auto",
    features: list[str] | None = None,
    standardize: bool = True,
    file: FileFormat = FileFormat(),
    split: UserSplit = UserSplit(),
    subset: UserSubset = UserSubset(),
) -> Dataset:
    """A user's time series: windows over the rows of a table, with a later value of a column as the target.

    Inputs are float32 (windows, rows, features). The beginning of the table is ``train``, the middle ``valid``, the end
    ``test``. Each part has its own windows, so that no row is in two splits. Numbers are standardized, and missing ones
    filled, with statistics of the training rows. Categories become one-hot columns.

    Args:
        path: a CSV or Parquet file with one row per time, relative to the working directory; required.
        target: the column to predict, by name or position; required. Its past is an input if it is numeric.
        time: a column of dates or numbers that orders the rows; not an input. null keeps the order of the file.
        window: number of rows in a window, at least 1.
        horizon: number of rows from the last row of a window to its target, at least 1.
        task: ``classification`` or ``regression``; ``auto`` infers it, see :func:`optbench.datasets.table.table`.
        features: the input columns; null for all but ``time``.
        standardize: use the training split's mean and standard deviation, for numbers and regression targets.
        file: the format of the text, see :class:`optbench.datasets.user_options.FileFormat`.
        split: how the rows are split, see :class:`optbench.datasets.user_options.UserSplit`; ``split_seed`` has no
            effect.
        subset: how many windows of each split are kept, see :class:`optbench.datasets.user_options.UserSubset`.

    Raises:
        ConfigError: the file cannot be read, a column does not exist, a time occurs twice, or a part is too short.
    """
    read = read_table(path, file, fewest=1)
    return windows_from_frame(
        read.frame, target, time, window, horizon, task, features, standardize, split, subset, read.notes
    )


def windows_from_frame(
    frame: pd.DataFrame,
    target: str | int | None,
    time: str | None,
    window: int,
    horizon: int,
    task: Task,
    features: list[str] | None,
    standardize: bool,
    split: UserSplit,
    subset: Subset,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """Make a data set from the windows over a table, see :func:`series`."""
    check_frame(frame, fewest=1)  # the past of the target is an input
    known = [str(n) for n in frame.columns]
    if target is None:
        raise ConfigError(
            f"`dataset.target` must name the column to predict. Received: null. There is: {', '.join(known[:30])}."
        )
    name = find_target(known, target)
    frame, dropped = drop_missing_targets(frame.set_axis(known, axis=1).reset_index(drop=True), [name])
    frame = sort_by_time(frame, time, name)
    parts = cut_series(len(frame), split)
    windows = cut_windows(parts, window, horizon, split)
    cleaned = clean_target(frame[name], name)
    targets = read_targets(cleaned.to_numpy(), task, f"column `{name}`")
    names = choose_inputs(frame, features, name, time, past=targets.kind == "regression")
    chosen = choose_columns([clean_column(frame[n], n) for n in names], parts.train, pd.DataFrame(index=frame.index))
    made = make_features(chosen.columns, parts.train, Columns(standardize=standardize))
    about = f"{len(windows.targets):,} windows of {window} rows predict `{name}` {count_of(horizon, 'row')} later."
    return assemble(
        "series",
        np.asarray(made.inputs)[windows.inputs],
        targets._replace(y=targets.y[windows.targets]),
        windows.rows,
        subset,
        standardize_target=standardize,
        target_names=() if targets.kind == "classification" else (name,),
        notes=(*notes, about, *dropped, *chosen.notes, *made.notes),
    )


def sort_by_time(frame: pd.DataFrame, time: str | None, target: str) -> pd.DataFrame:
    """The rows ordered by time; ConfigError if a time is missing or occurs twice."""
    if time is None:
        return frame
    found = find_target(list(frame.columns), time) if time in frame else None
    if found is None or found == target:
        what = "the target" if found else "no such column"
        raise ConfigError(
            f"`dataset.time` must name a column of dates or numbers. Received: dataset.time={time}, {what}."
        )
    times = read_times(frame, time)
    missing, twice = int(np.isnan(times).sum()), len(times) - len(np.unique(times))
    if missing or twice:
        count = count_of(missing, "missing value") if missing else count_of(twice, "repeated time")
        raise ConfigError(
            f"`dataset.time` must name a column with a time of its own for each row. Received: "
            f"dataset.time={time} with {count}. Fill or aggregate the rows."
        )
    return frame.iloc[np.argsort(times, kind="stable")].reset_index(drop=True)


def choose_inputs(
    frame: pd.DataFrame, features: list[str] | None, target: str, time: str | None, past: bool
) -> list[str]:
    """The names of the input columns: the named ones, or all; without the time."""
    if features is None:
        return [n for n in frame if n != time and (past or n != target)]
    return [find_target(list(frame.columns), n) for n in features]
