"""A user's table: a file with one row per example and a column to predict."""

from optbench.datasets._from_frame import Target, dataset_from_frame
from optbench.datasets._read_table import read_table
from optbench.datasets.base import Dataset
from optbench.datasets.user_options import Columns, FileFormat, Task, UserSplit, UserSubset


def table(
    path: str | None = None,
    target: Target = None,
    task: Task = "auto",
    file: FileFormat = FileFormat(),
    columns: Columns = Columns(),
    split: UserSplit = UserSplit(),
    subset: UserSubset = UserSubset(),
) -> Dataset:
    """A user's table: a file with one row per example and a column to predict.

    Numbers are standardized, and missing ones are filled with the median and marked. Categories become one-hot columns.
    All of this is fitted only on the training split. Columns that are constant, contain ids, or are equal to the target
    are left out. Dates are converted to days. The terminal and the report describe what was done.

    Args:
        path: a CSV file (with commas, semicolons or tabs, also compressed with gzip) or a Parquet file, relative to the
            working directory; required.
        target: the column to predict, by name or position (-1 is the last), or a list of columns; required.
        task: ``classification``, ``regression`` or ``multilabel`` (columns of 0 and 1). ``auto`` treats text, booleans
            and few distinct integers as classes, and other numbers as regression targets.
        file: the format of the text, see :class:`optbench.datasets.user_options.FileFormat`.
        columns: how columns become inputs, and which determine the splits, see
            :class:`optbench.datasets.user_options.Columns`.
        split: how rows are split, see :class:`optbench.datasets.user_options.UserSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.user_options.UserSubset`.

    Raises:
        ConfigError: the file cannot be read, a column does not exist or cannot be used.
    """
    read = read_table(path, file)
    return dataset_from_frame(
        read.frame,
        target,
        name="table",
        task=task,
        columns=columns,
        split=split,
        subset=subset,
        notes=read.notes,
    )
