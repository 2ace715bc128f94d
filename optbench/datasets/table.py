"""A table of one's own: a file with a row for each example and a column to predict."""

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
    """A table of one's own: a file with a row for each example and a column to predict.

    Numbers are standardized, missing ones filled with the median and marked; categories become one-hot columns. All of
    this is fitted on the training split alone. Columns that are constant, hold ids, or are equal to the target are left
    out. Dates become a number of days. The terminal and the report say what was done.

    Args:
        path: a CSV file (with commas, semicolons or tabs, also compressed with gzip) or a Parquet file, relative to the
            working directory; required.
        target: the column to predict, by name or position (-1 is the last), or a list of columns; required.
        task: ``classification``, ``regression`` or ``multilabel`` (columns of 0 and 1). ``auto`` takes text, booleans
            and few whole numbers for classes and other numbers for a regression.
        file: how the text is written, see :class:`optbench.datasets.user_options.FileFormat`.
        columns: how columns become inputs, and which decide the splits, see
            :class:`optbench.datasets.user_options.Columns`.
        split: how rows are cut into splits, see :class:`optbench.datasets.user_options.UserSplit`.
        subset: how much of the splits is kept, see :class:`optbench.datasets.user_options.UserSubset`.

    Raises:
        ConfigError: the file cannot be read, a column does not exist or holds what cannot be used.
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
