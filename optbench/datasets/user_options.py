"""Parameter groups of data sets from user data: file formats, conversion of columns, and splits."""

from typing import Annotated, Literal, NamedTuple

from optbench.config.parameters import Range
from optbench.datasets.splits import SplitSeed, Subset

Task = Literal["auto", "classification", "regression", "multilabel"]
ShareOrNone = Annotated[float, Range(0.0, 1.0)]


class UserSplit(NamedTuple):
    """How examples are split, if the data does not determine it.

    Args:
        valid_fraction: fraction of the examples for choosing and tuning, in [0, 1). With 0, there is no validation
            split.
        test_fraction: fraction of the examples that is recorded and never used for choosing, in [0, 1). With 0, there
            is no test split.
        split_seed: seed of the assignment, which is stratified if there are classes.
    """

    valid_fraction: ShareOrNone = 0.2
    test_fraction: ShareOrNone = 0.2
    split_seed: SplitSeed = 0


class UserSubset(Subset):
    """How much of the splits is kept, for a quick look at the data. See :class:`optbench.datasets.splits.Subset`."""


class Columns(NamedTuple):
    """How the columns of a table become inputs.

    Args:
        standardize: subtract the training split's mean from each numeric column and regression target, and divide by
            its standard deviation.
        categories: ``one_hot`` makes a column of 0 and 1 for each category. ``ids`` makes an input of integers for each
            column, for an Embedding. The data set then has several inputs: ``numbers``, and one named after each
            categorical column.
        max_categories: maximum number of categories per column, at least 2. The rarest ones are merged into one.
        categorical: numeric columns that contain categories, such as postal codes.
        drop: columns to leave out.
        group_column: rows with the same value in this column stay in one split, such as those of one patient.
        time_column: the earliest rows are the training split, the latest the test split.
        split_column: contains ``train``, ``valid`` or ``test`` for each row.
    """

    standardize: bool = True
    categories: Literal["one_hot", "ids"] = "one_hot"
    max_categories: Annotated[int, Range(2)] = 30
    categorical: list[str] = []  # noqa: RUF012 - read, never written
    drop: list[str] = []  # noqa: RUF012
    group_column: str | None = None
    time_column: str | None = None
    split_column: str | None = None


class FileFormat(NamedTuple):
    """The format of a table's text.

    Args:
        delimiter: between the columns; null infers it.
        decimal: the decimal mark, ``.`` or ``,``.
        missing: texts that mark a missing value, in addition to ``?``, an empty field and those that pandas knows
            (``NA``, ``null``, ``None``, ...).
    """

    delimiter: str | None = None
    decimal: str = "."
    missing: list[str] = []  # noqa: RUF012 - read, never written
