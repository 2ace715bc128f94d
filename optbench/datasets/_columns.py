"""The columns of a table: their content, and which columns are left out and why.

clean_column      a column as numbers, dates or texts, with missing values marked
choose_columns    the columns that become inputs, and a sentence for each other column
"""

import re
import warnings
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.datasets._finite import count_of
from optbench.errors import ConfigError

Kind = Literal["number", "category", "date"]
MISSING_TEXTS = ("", "?")  # in addition to pandas's markers of missing values in files
NESTED = (list, tuple, set, dict, bytes, np.ndarray, pd.Series)  # types that are not single values
DAY = 86_400.0  # seconds
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%dT%H%M%S", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")  # and ISO 8601
LOOKS_LIKE_A_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b|\d{8}T\d{6}$")
LARGEST = float(np.finfo(np.float32).max)
WITH_A_SIGN = re.compile(r"^[-+]?\s*[€$£¥]?\s*[-+]?\d+([.,]\d+)*\s*[€$£¥%]?$")  # currency, percent, commas
MOSTLY = 0.5  # fraction of numbers among texts above which a column is numeric with errors
MOST_UNIQUE = 0.95  # fraction of distinct texts above which a column contains ids
FEWEST_IDS = 20  # minimum number of rows for detecting ids
ID_NAME = re.compile(r"(^|[_\W])(id|uuid|guid|key|index|idx)$|^unnamed: \d+$", re.IGNORECASE)


class TableColumn(NamedTuple):
    """A column that may become an input."""

    name: str
    kind: Kind
    cells: "pd.Series[Any]"  # float64 with NaN if missing, for numbers and dates (in days); otherwise str with None


class ChosenColumns(NamedTuple):
    """The columns that become inputs, and sentences about the others."""

    columns: list[TableColumn]
    notes: tuple[str, ...]


def clean_column(values: "pd.Series[Any]", name: str, categorical: bool = False) -> TableColumn:
    """A column with its kind.

    Args:
        values: the values as read or given.
        name: the name of the column.
        categorical: whether numbers are names of categories.

    Raises:
        ConfigError: numbers are mixed with texts or are infinite, or values are neither numbers, dates nor texts.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if pd.api.types.is_timedelta64_dtype(values):
        values = values.dt.total_seconds() / DAY
    if pd.api.types.is_datetime64_any_dtype(values):
        return TableColumn(name, "date", days(values))
    if pd.api.types.is_complex_dtype(values):
        raise ConfigError(f"Columns must hold real numbers, texts or dates. Received: complex numbers in `{name}`.")
    if pd.api.types.is_numeric_dtype(values):
        return as_category(values, name) if categorical else as_number(values, name)
    texts = clean_texts(values, name)
    if categorical:
        return TableColumn(name, "category", texts)
    return read_texts(texts, name)


def clean_texts(values: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    """Texts without surrounding whitespace, as objects; None if they are missing."""
    present = values.notna()
    odd = next((v for v in values[present] if isinstance(v, NESTED)), None)
    if odd is not None:
        raise ConfigError(
            f"Columns must hold numbers, texts or dates. Received: {type(odd).__name__} in column `{name}`. "
            f"Convert it, or leave it out, dataset.drop=[{name}]."
        )
    texts = values.where(present, "").astype(str).str.strip().astype(object)
    return texts.where(~texts.isin(MISSING_TEXTS), None)


def read_texts(texts: "pd.Series[Any]", name: str) -> TableColumn:
    """A column of texts: numbers or dates if all texts are, else categories."""
    present = texts.dropna()
    numbers = pd.to_numeric(present, errors="coerce")
    share = numbers.notna().mean() if len(present) else 0.0
    padded = present.str.match(r"0\d").any() if len(present) else False  # codes such as 01234
    if share == 1 and not padded:
        return as_number(numbers.reindex(texts.index), name)
    if MOSTLY < share < 1:
        wrong = numbers.index[numbers.isna()]
        row = texts.index.get_loc(wrong[0]) + 1
        raise ConfigError(
            f"Column `{name}` must hold numbers. Received: {count_of(len(wrong), 'text')} among {len(present):,} "
            f"values, the first `{present[wrong[0]]}` in row {row}. Correct them, add them to "
            f"dataset.missing, or take the column for categories, dataset.categorical=[{name}]."
        )
    check_no_signs(present, name)
    if len(present) and present.str.contains(LOOKS_LIKE_A_DATE).all():
        dates = read_dates(present)
        if dates is not None:
            return TableColumn(name, "date", days(dates).reindex(texts.index))
    return TableColumn(name, "category", texts)


def check_no_signs(texts: "pd.Series[Any]", name: str) -> None:
    """Raise if texts are numbers with a decimal comma, thousands separators, currency or percent signs."""
    dated = texts.str.contains(LOOKS_LIKE_A_DATE)
    signed = texts.str.match(WITH_A_SIGN) & ~texts.str.fullmatch(r"\d+") & ~dated
    if signed.mean() > MOSTLY:
        raise ConfigError(
            f"Column `{name}` must hold plain numbers. Received: `{texts[signed].iloc[0]}`. Say dataset.decimal=',' "
            f"for a decimal comma, remove other signs, or take the column for categories, dataset.categorical=[{name}]."
        )


def read_dates(texts: "pd.Series[Any]") -> "pd.Series[Any] | None":
    """Parse texts as dates if all have the same format; month first if 1/2/2000 is ambiguous."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for form in ("ISO8601", *DATE_FORMATS):
            found = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
            if found.notna().all():
                return found
    return None


def days(dates: "pd.Series[Any]") -> "pd.Series[Any]":
    """Dates as days since 1970, float64."""
    naive = dates.dt.tz_convert("UTC").dt.tz_localize(None) if dates.dt.tz is not None else dates
    return (naive - pd.Timestamp("1970-01-01")).dt.total_seconds() / DAY


def as_number(values: "pd.Series[Any]", name: str) -> TableColumn:
    """A column of finite numbers, float64; NaN if they are missing."""
    numbers = pd.Series(values.to_numpy(np.float64, na_value=np.nan), index=values.index)
    infinite = np.abs(numbers.to_numpy()) > LARGEST
    if infinite.any():
        count = count_of(int(infinite.sum()), "infinite value")
        raise ConfigError(
            f"Column `{name}` must hold finite numbers. Received: {count}, the first "
            f"in row {int(np.argmax(infinite)) + 1}. Correct them."
        )
    return TableColumn(name, "number", numbers)


def as_category(values: "pd.Series[Any]", name: str) -> TableColumn:
    """A column of numbers that are category names: 3.0 is the category 3."""
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    texts = [None if np.isnan(v) else f"{v:.0f}" if v == round(v) else f"{v:g}" for v in numbers]
    return TableColumn(name, "category", pd.Series(texts, index=values.index, dtype=object))


def choose_columns(columns: Sequence[TableColumn], train: NDArray[Any], target: "pd.DataFrame") -> ChosenColumns:
    """Leave out columns from which nothing can be learned, or that reveal the target.

    Args:
        columns: all columns that may be inputs.
        train: rows of the training split.
        target: the cleaned target columns.

    Raises:
        ConfigError: no column is left.
    """
    chosen, notes = [], []
    for column in columns:
        reason = why_left_out(column, train, target)
        if reason:
            notes.append(f"Column `{column.name}` is left out: {reason}.")
            continue
        chosen.append(column)
        if column.kind == "date":
            notes.append(f"Column `{column.name}` holds dates, which are used as a number of days.")
        if gives_away(column, target):
            notes.append(
                f"Column `{column.name}` determines the target: if it is not known beforehand, leave it out with "
                f"dataset.drop=[{column.name}]."
            )
    if not chosen:
        raise ConfigError(f"A table needs a column to learn from. Received: none. {' '.join(notes)}".strip())
    return ChosenColumns(chosen, tuple(notes))


def why_left_out(column: TableColumn, train: NDArray[Any], target: "pd.DataFrame") -> str:
    """Why nothing can be learned from a column; empty if something can be learned."""
    for name in target:
        if same_values(column.cells, target[name]):
            return f"it is equal to the target `{name}`"
    values = column.cells.iloc[train]
    present = values.dropna()
    if present.empty:
        return "it has no values" + (" in the training split" if column.cells.notna().any() else "")
    if len(present) == len(values) and present.nunique() == 1:
        return f"it is constant, {format_cell(present.iloc[0])}" + (
            "" if column.cells.nunique() == 1 else " in the training split"
        )
    if is_id(column):
        return "nearly every row has a value of its own, as ids have"
    return ""


def same_values(values: "pd.Series[Any]", target: "pd.Series[Any]") -> bool:
    """Whether a column and a target have the same values in all rows."""
    if (values.dtype == np.float64) != (target.dtype == np.float64):
        return False
    return bool((values.to_numpy() == target.to_numpy()).all())


def is_id(column: TableColumn) -> bool:
    """Whether a column numbers or identifies its rows."""
    values = column.cells.dropna()
    if len(values) < FEWEST_IDS or column.kind == "date":
        return False
    if column.kind == "category":
        return bool(values.nunique() > MOST_UNIQUE * len(values))
    numbers = values.to_numpy()
    if values.nunique() < len(values) or not (numbers == np.round(numbers)).all():
        return False
    counted = bool((np.diff(numbers) == 1).all())
    return counted or bool(ID_NAME.search(column.name))


def gives_away(column: TableColumn, target: "pd.DataFrame") -> bool:
    """Whether the values of a column and of the single target correspond one to one."""
    if target.shape[1] != 1:
        return False
    of_target = target.iloc[:, 0]
    different = of_target.nunique()
    if of_target.dtype == np.float64 and column.kind == "number" and different > FEWEST_IDS:
        pairs = pd.DataFrame({"x": column.cells, "y": of_target}).dropna()
        return bool(len(pairs) > FEWEST_IDS and abs(np.corrcoef(pairs["x"], pairs["y"])[0, 1]) > 1 - 1e-12)
    if column.cells.nunique() != different or column.cells.isna().any() or different > FEWEST_IDS:
        return False
    return bool(len(pd.DataFrame({"x": column.cells, "y": of_target}).drop_duplicates()) == different)


def format_cell(value: Any) -> str:
    """Format a value of a table for messages."""
    return f"{value:g}" if isinstance(value, float) else f"`{value}`"
