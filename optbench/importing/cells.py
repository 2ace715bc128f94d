"""Convert cells of a table to numbers and texts. Errors name the row.

Tables from files contain only text: an empty cell is missing, and ``nan`` and ``inf`` are numbers. In a DataFrame, NaN
is missing in a text column, and may be missing or a number in a numeric column.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.importing.tables import quote, refuse

NUMBER_WORDS = ("nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "+nan", "-nan")
LARGEST = 2**53  # larger integers are not exact as floats


def is_number_column(column: pd.Series) -> bool:
    """Whether a column is numeric, as opposed to texts that may be numbers."""
    return bool(pd.api.types.is_numeric_dtype(column.dtype))


def texts(column: pd.Series) -> pd.Series:
    """A column as text, stripped of whitespace; missing cells are empty."""
    if is_number_column(column):
        whole = column.dropna()
        if len(whole) and not pd.api.types.is_bool_dtype(column.dtype) and (whole == whole.round()).all():
            return column.map(lambda value: "" if pd.isna(value) else str(int(value))).astype(object)
    return column.astype("str").where(column.notna(), "").str.strip()


def is_blank(column: pd.Series) -> NDArray[np.bool_]:
    """Whether each cell is empty, (n,)."""
    missing: NDArray[np.bool_] = column.isna().to_numpy(bool)
    return missing if is_number_column(column) else missing | (texts(column) == "").to_numpy(bool)


def numbers(column: pd.Series, row: Callable[[int], str]) -> NDArray[np.float64]:
    """The numbers in a column; NaN for empty cells and for the text nan.

    Args:
        column: (n,), numbers or texts.
        row: position -> the name of the row in messages, such as ``row 7``.

    Raises:
        ConfigError: a cell is not a number.
    """
    if is_number_column(column):
        plain: NDArray[np.float64] = column.to_numpy(float, na_value=np.nan)
        return plain
    words = texts(column)
    found: NDArray[np.float64] = pd.to_numeric(words, errors="coerce").to_numpy(float, na_value=np.nan).copy()
    doubtful = np.flatnonzero(np.isnan(found) & (words != "").to_numpy(bool))
    known = words.iloc[doubtful].str.lower()
    wrong = np.flatnonzero(~known.isin(NUMBER_WORDS).to_numpy(bool))
    if len(wrong):
        place = int(doubtful[wrong[0]])
        raise refuse(f"`{quote(column.name)}` must be a number in {row(place)}. Received: {quote(words.iloc[place])}.")
    found[doubtful] = known.map(float).to_numpy(float)
    return found


def looks_numeric(column: pd.Series) -> bool:
    """Whether all nonempty cells of a column are numbers, and there is at least one."""
    if is_number_column(column):
        return bool(column.notna().any())
    words = texts(column)
    known = words[words != ""]
    if known.empty:
        return False
    read = pd.to_numeric(known, errors="coerce")
    return bool((read.notna() | known.str.lower().isin(NUMBER_WORDS)).all())


def has_numbers(column: pd.Series) -> bool:
    """Whether a column contains a number, as that of a metric does. The name of a loss does not count."""
    return is_number_column(column) or bool(pd.to_numeric(texts(column), errors="coerce").notna().any())


def counts(column: pd.Series, row: Callable[[int], str], what: str = "an integer") -> NDArray[np.float64]:
    """The integers >= 0 in a column as floats; NaN for empty cells.

    Raises:
        ConfigError: a cell has another value.
    """
    found, blank = numbers(column, row), is_blank(column)
    wrong = np.flatnonzero(~blank & ~((found >= 0) & (found == np.round(found)) & (found <= LARGEST)))
    if len(wrong):
        value = quote(column.iloc[wrong[0]])
        raise refuse(f"`{quote(column.name)}` must be {what} >= 0 in {row(int(wrong[0]))}. Received: {value}.")
    return found


def plain_values(column: pd.Series) -> list[Any]:
    """The values of a hyperparameter: all numbers, booleans, or else texts; None for empty cells."""
    blank = is_blank(column)
    if pd.api.types.is_bool_dtype(column.dtype):
        return [None if none else bool(value) for value, none in zip(column, blank, strict=True)]
    if looks_numeric(column):
        found = numbers(column, str)
        whole = bool(np.all((found == np.round(found)) | np.isnan(found)))
        as_integers = whole and not pd.api.types.is_float_dtype(column.dtype) and not has_points(column)
        kind = int if as_integers else float
        return [
            None if nothing or np.isnan(value) else kind(value) for value, nothing in zip(found, blank, strict=True)
        ]
    words = texts(column)
    truths = {"true": True, "false": False}
    if set(words[words != ""].str.lower()) <= set(truths):
        return [truths.get(word.lower()) for word in words]
    return [None if none else word for word, none in zip(words, blank, strict=True)]


def has_points(column: pd.Series) -> bool:
    """Whether the text of any number has a decimal point or an exponent."""
    return not is_number_column(column) and bool(texts(column).str.contains(r"[.eE]", regex=True).any())
