"""Data sets from Python objects: arrays, DataFrames, ``tf.data``, splits of these, or a Dataset of optbench.

from_arrays(x, y)             arrays
from_frame(frame, target)     a table
from_any(value)               any of these; (x, y), {"train": ..., "test": ...}, return values of a user's function
"""

from typing import Any

import pandas as pd

from optbench.datasets._assemble import Scale
from optbench.datasets._from_arrays import dataset_from_arrays
from optbench.datasets._from_frame import Target, dataset_from_frame
from optbench.datasets._returned import Given, read_given
from optbench.datasets.base import Dataset
from optbench.datasets.splits import Subset
from optbench.datasets.user_options import Columns, Task, UserSplit


def from_arrays(
    x: Any,
    y: Any,
    *,
    valid: tuple[Any, Any] | None = None,
    test: tuple[Any, Any] | None = None,
    name: str = "arrays",
    task: Task = "auto",
    scale: Scale = "auto",
    standardize_target: bool = False,
    split: UserSplit = UserSplit(),
    subset: Subset = Subset(),
) -> Dataset:
    """Make a data set from arrays.

    Args:
        x: inputs (examples, ...), numbers; or a dict or tuple of them for several inputs.
        y: targets: labels (examples,), numbers (examples,) or (examples, outputs), or columns of 0 and 1.
        valid: (x, y) of the validation split. None holds out a part of ``x`` and ``y``.
        test: (x, y) of the test split. None holds out a part of ``x`` and ``y``, unless ``valid`` is given.
        name: the name of the data set.
        task: the kind of targets; ``auto`` infers it.
        scale: how inputs are scaled, see :func:`optbench.datasets.arrays.arrays`.
        standardize_target: standardize regression targets to mean 0 and standard deviation 1 in the training split.
        split: fractions of the splits that are not given.
        subset: how much of the splits is kept.

    Raises:
        ConfigError: arrays have the wrong type or rank, lengths differ, or a number is missing.

    >>> import numpy as np
    >>> data = from_arrays(np.arange(40.0).reshape(20, 2), np.arange(20) % 2)
    >>> data.kind, data.classes, data.train.examples, data.valid.examples
    ('classification', 2, 12, 4)
    """
    given = {"train": (x, y), "valid": valid, "test": test}
    return dataset_from_arrays(
        {part: pair for part, pair in given.items() if pair is not None},
        name=name,
        task=task,
        scale=scale,
        standardize_target=standardize_target,
        split=split,
        subset=subset,
    )


def from_frame(
    frame: pd.DataFrame,
    target: Target,
    *,
    name: str = "table",
    task: Task = "auto",
    columns: Columns = Columns(),
    split: UserSplit = UserSplit(),
    subset: Subset = Subset(),
) -> Dataset:
    """Make a data set from a table with one row per example. See :func:`optbench.datasets.table.table`.

    Args:
        frame: the table; it is not changed.
        target: the column to predict, by name or position, or several columns.
        name: the name of the data set.
        task: the kind of target; ``auto`` infers it.
        columns: how columns become inputs, and which determine the splits.
        split: fractions of the splits, if no column determines them.
        subset: how much of the splits is kept.

    Raises:
        ConfigError: a column does not exist or cannot be used.
    """
    return dataset_from_frame(frame, target, name=name, task=task, columns=columns, split=split, subset=subset)


def from_any(
    value: Any,
    *,
    what: str = "data",
    name: str = "data",
    target: Target = None,
    task: Task = "auto",
    scale: Scale = "auto",
    standardize_target: bool = False,
    columns: Columns = Columns(),
    split: UserSplit = UserSplit(),
    subset: Subset = Subset(),
    memory: float | None = None,
) -> Dataset:
    """Make a data set from data in any supported form.

    Args:
        value: ``(x, y)``; a DataFrame, with ``target``; a finite ``tf.data.Dataset`` of (x, y), batched or not; a dict
            with one of these for ``train`` and optionally ``valid`` and ``test``; ``((x_train, y_train), (x_test,
            y_test))``; or a :class:`optbench.datasets.base.Dataset`.
        what: names the value in messages, such as ``dataset.load``.
        name: the name of the data set.
        target: the column of a DataFrame to predict.
        task: the kind of targets; ``auto`` infers it.
        scale: for arrays, see :func:`optbench.datasets.arrays.arrays`.
        standardize_target: for arrays, standardize regression targets to mean 0 and standard deviation 1.
        columns: how the columns of a DataFrame become inputs.
        split: fractions of the splits that are not given.
        subset: how much of the splits is kept. It does not apply to a Dataset.
        memory: limit in bytes for a ``tf.data.Dataset``; None for no limit.

    Raises:
        ConfigError: it has none of these forms, or is inconsistent.
    """
    given: Given = read_given(value, target, columns, what, memory)
    if given.dataset is not None:
        return given.dataset
    if given.frame is not None:
        return dataset_from_frame(
            given.frame,
            given.target,
            name=name,
            task=task,
            columns=given.columns,
            split=split,
            subset=subset,
        )
    return dataset_from_arrays(
        given.arrays,
        name=name,
        task=task,
        scale=scale,
        standardize_target=standardize_target,
        split=split,
        subset=subset,
    )
