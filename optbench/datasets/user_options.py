"""Groups of parameters of data sets of a user's own: how files are written, what columns become, how rows are split."""

from typing import Annotated, Literal, NamedTuple

from optbench.config.parameters import Range
from optbench.datasets.splits import SplitSeed, Subset

Task = Literal["auto", "classification", "regression", "multilabel"]
ShareOrNone = Annotated[float, Range(0.0, 1.0)]


class UserSplit(NamedTuple):
    """How examples are cut into splits, where the data do not say it themselves.

    Args:
        valid_fraction: share of the examples that chooses and tunes, in [0, 1). With 0 there is no validation split.
        test_fraction: share of the examples that is recorded and never used to choose, in [0, 1). With 0 there is no
            test split.
        split_seed: which examples go where; stratified where there are classes.
    """

    valid_fraction: ShareOrNone = 0.2
    test_fraction: ShareOrNone = 0.2
    split_seed: SplitSeed = 0


class UserSubset(Subset):
    """How much of the splits is kept, for a quick look at the data; see :class:`optbench.datasets.splits.Subset`."""


class Columns(NamedTuple):
    """How the columns of a table become inputs.

    Args:
        standardize: subtract the training split's mean of each number and divide by its standard deviation, and
            likewise for regression targets.
        categories: ``one_hot`` makes a column of 0 and 1 for each category. ``ids`` makes an input of whole numbers
            for each column, for an Embedding; the data set then has several inputs: ``numbers``, and one named after
            each column of categories.
        max_categories: of a column, at least 2. The rarest of more are joined into one.
        categorical: columns of numbers that hold categories, such as postal codes.
        drop: columns to leave out.
        group_column: rows with one value of this column stay in one split, such as those of one patient.
        time_column: the earliest rows are trained on, the latest are the test split.
        split_column: holds ``train``, ``valid`` or ``test`` for each row.
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
    """How the text of a table is written.

    Args:
        delimiter: between the columns; null finds it.
        decimal: the decimal mark, ``.`` or ``,``.
        missing: texts that stand for a missing value, beside ``?``, an empty field and those that pandas knows
            (``NA``, ``null``, ``None``, ...).
    """

    delimiter: str | None = None
    decimal: str = "."
    missing: list[str] = []  # noqa: RUF012 - read, never written
