"""Data sets from a DataFrame: find the target, assign the splits, clean the columns, and transform them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.config.parameters import unknown_name
from optbench.datasets._assemble import assemble
from optbench.datasets._assign import (
    assign_at_random,
    assign_by_names,
    assign_by_time,
    assign_groups,
    drawn_splits,
    split_of_name,
)
from optbench.datasets._columns import TableColumn, choose_columns, clean_column
from optbench.datasets._features import make_features
from optbench.datasets._finite import count_of
from optbench.datasets._targets import Targets, read_targets
from optbench.datasets.base import Dataset
from optbench.datasets.splits import Rows, Subset
from optbench.datasets.user_options import Columns, Task, UserSplit
from optbench.errors import ConfigError

Target = str | int | list[str] | None
SPLIT_COLUMN = "split of the row"  # split column of concatenated frames; no user's column name contains `.`


class TargetColumns(NamedTuple):
    """The target columns; rows with missing targets are removed from the whole table."""

    frame: pd.DataFrame
    names: list[str]
    notes: tuple[str, ...]


def dataset_from_frame(
    frame: pd.DataFrame,
    target: Target,
    *,
    name: str,
    task: Task = "auto",
    columns: Columns = Columns(),
    split: UserSplit = UserSplit(),
    subset: Subset = Subset(),
    notes: tuple[str, ...] = (),
) -> Dataset:
    """Make a data set from a table with one row per example.

    Args:
        frame: the table.
        target: the column to predict, by name or by position (-1 is the last), or several columns.
        name: the name of the data set.
        task: the kind of target, see :func:`optbench.datasets._targets.read_targets`.
        columns: how columns become inputs, and which determine the splits.
        split: fractions of the splits, if no column determines them.
        subset: how much of the splits is kept.
        notes: how the table was read, in sentences.

    Raises:
        ConfigError: a column does not exist or cannot be read, or the splits cannot be made.
    """
    check_frame(frame)
    frame = frame.set_axis([str(n) for n in frame.columns], axis=1).reset_index(drop=True)
    names = find_targets(list(frame.columns), target)
    deciding = check_column_options(frame, columns, names)
    frame, dropped = drop_missing_targets(frame, names)
    cleaned = pd.DataFrame({n: clean_target(frame[n], n) for n in names})
    if len(names) > 1 and not any(dtype.kind == "O" for dtype in cleaned.dtypes):
        cleaned = cleaned.astype(np.float64)  # booleans and numbers mixed
    targets = read_frame_targets(cleaned, task, names, dropped)
    rows = assign_rows(frame, columns, split, targets)
    left_out = {*names, *deciding, *columns.drop}
    candidates = [clean_column(frame[n], str(n), n in columns.categorical) for n in frame if n not in left_out]
    chosen = choose_columns(candidates, rows.train, cleaned)
    features = make_features(chosen.columns, rows.train, columns)
    about = (*describe_splits(columns), *chosen.notes, *features.notes, *describe_wide(frame, chosen.columns))
    return assemble(
        name,
        features.inputs,
        targets,
        rows,
        subset,
        standardize_target=columns.standardize,
        target_names=() if targets.kind == "classification" else tuple(names),
        feature_names=features.names,
        ids=features.ids,
        notes=(*notes, *dropped, *about),
        drawn=drawn_splits(given_splits(frame, columns), rows),
    )


def read_frame_targets(cleaned: pd.DataFrame, task: Task, names: Sequence[str], dropped: tuple[str, ...]) -> Targets:
    """The task of the target columns. Error messages mention removed rows, which may be the cause."""
    try:
        return read_targets(cleaned.to_numpy(), task, describe_columns(names))
    except ConfigError as error:
        raise ConfigError(" ".join([str(error), *dropped])) from None


def join_frames(frames: Mapping[str, pd.DataFrame], columns: Columns) -> tuple[pd.DataFrame, Columns]:
    """Concatenate the tables of several splits, with a column that names the split of each row."""
    first = frames["train"]
    for part, frame in frames.items():
        if set(frame.columns) != set(first.columns):
            odd = sorted(map(str, set(frame.columns) ^ set(first.columns)))
            raise ConfigError(
                f"The tables of all splits must have the same columns. Received: {', '.join(odd[:5])} only in one of "
                f"train and {part}. Name them alike."
            )
    marked = [frame.assign(**{SPLIT_COLUMN: part}) for part, frame in frames.items()]
    return pd.concat(marked, ignore_index=True), columns._replace(split_column=SPLIT_COLUMN)


def check_frame(frame: pd.DataFrame, fewest: int = 2) -> None:
    """Raise unless a table has rows, and at least ``fewest`` columns with distinct names."""
    names = [str(n) for n in frame.columns]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ConfigError(
            f"Columns must have different names. Received: {', '.join(f'`{n}`' for n in twice[:5])} more than once. "
            "Rename them."
        )
    if not len(frame) or frame.shape[1] < fewest:
        raise ConfigError(
            "A table must have rows, and a column beside the target. "
            f"Received: {len(frame)} rows and {frame.shape[1]} columns ({', '.join(names[:5])}). Give data."
        )


def find_targets(known: Sequence[str], target: Target) -> list[str]:
    """The names of the columns to predict."""
    if target is None:
        raise ConfigError(
            f"`dataset.target` must name the column to predict. Received: null. There is: {', '.join(known[:30])}."
        )
    if isinstance(target, list) and not target:
        raise ConfigError("`dataset.target` must name the column to predict. Received: []. Name one or several.")
    names = [find_target(known, t) for t in (target if isinstance(target, list) else [target])]
    if len(set(names)) < len(names):
        raise ConfigError(f"`dataset.target` must name each column once. Received: {', '.join(names)}.")
    return names


def find_target(known: Sequence[str], target: str | int) -> str:
    """The name of one column to predict."""
    if str(target) in known:
        return str(target)
    if isinstance(target, int):
        if -len(known) <= target < len(known):
            return known[target]
        raise ConfigError(
            f"`dataset.target` must be a column's name or position, from 0 to {len(known) - 1}, or -1 for the last. "
            f"Received: dataset.target={target}."
        )
    raise ConfigError(unknown_name(f"`dataset.target={target}`", target, known))


def check_column_options(frame: pd.DataFrame, columns: Columns, targets: Sequence[str]) -> list[str]:
    """Raise unless the columns named in the options exist. Returns those that determine the splits."""
    deciding = {
        key: name
        for key in ("group_column", "time_column", "split_column")
        if (name := getattr(columns, key)) is not None
    }
    listed = [(key, name) for key in ("categorical", "drop") for name in getattr(columns, key)]
    for key, name in [*deciding.items(), *listed]:
        if name not in frame.columns:
            raise ConfigError(unknown_name(f"`dataset.{key}={name}`", name, map(str, frame.columns)))
        if name in targets:
            raise ConfigError(f"`dataset.{key}` must name another column than the target. Received: `{name}`.")
    if len(deciding) > 1:
        given = " and ".join(f"dataset.{key}={name}" for key, name in deciding.items())
        raise ConfigError(f"One column at most decides the splits. Received: {given}. Leave all but one out.")
    for key, name in deciding.items():
        missing = int(frame[name].isna().sum())
        if missing:
            raise ConfigError(
                f"`dataset.{key}` must name a column with a value in each row. "
                f"Received: `{name}` with {count_of(missing, 'missing value')}. Fill them, or remove the rows."
            )
    return list(deciding.values())


def clean_target(values: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """The values of a target: booleans, numbers or texts."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype(bool)
    column = clean_column(values, name)
    if column.kind == "date":
        raise ConfigError(f"A target must be a class or a number. Received: column `{name}`, which holds dates.")
    return column.cells


def drop_missing_targets(frame: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows that have a target."""
    missing = pd.Series(False, index=frame.index)
    for name in names:
        values = frame[name]
        missing |= values.isna()
        if not pd.api.types.is_numeric_dtype(values):
            missing |= values.astype(str).str.strip().isin(["", "?"])
    if not missing.any():
        return frame, ()
    if missing.all():
        raise ConfigError(f"The target must have values. Received: {describe_columns(names)}, which is empty.")
    note = f"{int(missing.sum()):,} of {len(frame):,} rows are left out: their target is missing."
    return frame[~missing].reset_index(drop=True), (note,)


def assign_rows(frame: pd.DataFrame, columns: Columns, split: UserSplit, targets: Targets) -> Rows:
    """Assign each row to a split."""
    if columns.split_column is not None:
        return assign_by_names(frame[columns.split_column], split, f"Column `{columns.split_column}`")
    if columns.group_column is not None:
        return assign_groups(frame[columns.group_column], split, f"Column `{columns.group_column}`")
    if columns.time_column is not None:
        return assign_by_time(read_times(frame, columns.time_column), split, f"Column `{columns.time_column}`")
    labels = targets.y.astype(np.int64) if targets.kind == "classification" else None
    return assign_at_random(len(frame), split, labels, targets.class_names)


def given_splits(frame: pd.DataFrame, columns: Columns) -> set[str]:
    """The splits that the data determines, so that none of their rows are drawn."""
    if columns.split_column is not None:
        return {str(split_of_name(value)) for value in frame[columns.split_column].unique()}
    return {"valid", "test"} if columns.group_column is None and columns.time_column is not None else set()


def read_times(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """The values of a time column as sortable numbers."""
    column: TableColumn = clean_column(frame[name], name)
    if column.kind == "category":
        raise ConfigError(
            f"A column of times must hold numbers or dates. Received: column `{name}` with the text "
            f"`{column.cells.iloc[0]}`. Write dates as 2024-12-31."
        )
    times: NDArray[np.float64] = column.cells.to_numpy(np.float64)
    return times


def describe_splits(columns: Columns) -> tuple[str, ...]:
    """A note on which column determines the splits."""
    if columns.split_column not in (None, SPLIT_COLUMN):
        return (f"Column `{columns.split_column}` decides the splits and is no input.",)
    if columns.group_column is not None:
        return (f"Rows with the same `{columns.group_column}` are in one split; the column is no input.",)
    if columns.time_column is not None:
        return (f"The splits follow one another in `{columns.time_column}`; the column is no input.",)
    return ()


def describe_wide(frame: pd.DataFrame, chosen: Sequence[TableColumn]) -> tuple[str, ...]:
    """A note if there are more columns than rows."""
    if len(chosen) <= len(frame):
        return ()
    return (f"There are more columns ({len(chosen):,}) than rows ({len(frame):,}), so most models can fit any target.",)


def describe_columns(names: Sequence[str]) -> str:
    """One or several columns, in words."""
    quoted = ", ".join(f"`{n}`" for n in names)
    return f"column {quoted}" if len(names) == 1 else f"columns {quoted}"
