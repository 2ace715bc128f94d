"""Inputs from the columns of a table: scikit-learn's transformers, fitted only on the training split.

numbers       standardized; missing ones are filled with the median and marked in a column of 0 and 1
categories    one-hot, or ids for an Embedding; missing is a category, and the rarest are merged
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from optbench.datasets._columns import TableColumn
from optbench.datasets.user_options import Columns

Array = NDArray[Any]
NO_CATEGORY = "(missing)"
NUMBERS = "numbers"  # the input of numbers, if categories are separate inputs


class Features(NamedTuple):
    """The inputs made from columns."""

    inputs: Array | dict[str, Array]  # float32 (rows, features); or that under ``numbers``, and int32 (rows,) by column
    names: tuple[str, ...]  # names of the features of a single input
    ids: dict[str, int]  # number of ids of each categorical input
    notes: tuple[str, ...]


def make_features(columns: list[TableColumn], train: Array, options: Columns) -> Features:
    """Fit transformers on the rows ``train`` and apply them to all rows."""
    numbers = [c for c in columns if c.kind != "category"]
    categories = [c for c in columns if c.kind == "category"]
    notes = (*describe_missing(numbers), *describe_joined(categories, train, options.max_categories))
    if options.categories == "ids" and categories:
        return make_ids(numbers, categories, train, options, notes)
    transformer = ColumnTransformer(
        [*number_transformers(numbers, options.standardize), *one_hot_transformers(categories, options.max_categories)],
    )
    frame = frame_of(columns)
    transformer.fit(frame.iloc[train])
    x = np.asarray(transformer.transform(frame), np.float32)
    names = tuple(str(name).partition("__")[2] for name in transformer.get_feature_names_out())
    return Features(x, names, {}, notes)


def frame_of(columns: list[TableColumn]) -> pd.DataFrame:
    """Columns side by side, with missing categories named."""
    values = {c.name: c.cells.fillna(NO_CATEGORY) if c.kind == "category" else c.cells for c in columns}
    return pd.DataFrame(values)


def number_transformers(numbers: list[TableColumn], standardize: bool) -> list[tuple[str, Any, list[str]]]:
    """The transformers for numeric columns."""
    names = [c.name for c in numbers]
    if not names:
        return []
    steps = [("fill", SimpleImputer(strategy="median")), *([("scale", StandardScaler())] if standardize else [])]
    missing = MissingIndicator(features="missing-only", error_on_new=False)
    return [("numbers", Pipeline(steps), names), ("missing", missing, names)]


def one_hot_transformers(categories: list[TableColumn], most: int) -> list[tuple[str, Any, list[str]]]:
    """The transformers for categorical columns. A category missing from training is 0 in all columns."""
    names = [c.name for c in categories]
    if not names:
        return []
    encoder = OneHotEncoder(max_categories=most, handle_unknown="infrequent_if_exist", sparse_output=False)
    return [("categories", encoder, names)]


def make_ids(
    numbers: list[TableColumn], categories: list[TableColumn], train: Array, options: Columns, notes: tuple[str, ...]
) -> Features:
    """One input of numbers, and one of ids per categorical column. Id 0 is a category missing from training."""
    inputs: dict[str, Array] = {}
    if numbers:
        transformer = ColumnTransformer(number_transformers(numbers, options.standardize))
        frame = frame_of(numbers)
        transformer.fit(frame.iloc[train])
        inputs[free_name(NUMBERS, categories)] = np.asarray(transformer.transform(frame), np.float32)
    ids: dict[str, int] = {}
    for column in categories:
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, max_categories=options.max_categories
        )
        frame = frame_of([column])
        encoder.fit(frame.iloc[train])
        codes = encoder.transform(frame)[:, 0].astype(np.int32) + 1
        inputs[column.name] = codes
        ids[column.name] = int(codes[train].max()) + 1
    counts = ", ".join(f"`{name}` {count}" for name, count in ids.items())
    note = f"Categories are inputs of ids from 0, for an Embedding. The number of ids is {counts}."
    return Features(inputs, (), ids, (*notes, note))


def free_name(name: str, columns: list[TableColumn]) -> str:
    """``name``, with underscores appended until it differs from all columns."""
    while name in {c.name for c in columns}:
        name += "_"
    return name


def describe_missing(numbers: list[TableColumn]) -> tuple[str, ...]:
    """A note on which numbers were missing."""
    counts = {c.name: int(c.cells.isna().sum()) for c in numbers}
    words = ", ".join(f"`{name}` {count:,}" for name, count in counts.items() if count)
    if not words:
        return ()
    return (f"Missing numbers are filled with the training median, and marked in a column of their own: {words}.",)


def describe_joined(categories: list[TableColumn], train: Array, most: int) -> tuple[str, ...]:
    """A note on the columns whose rarest categories are merged."""
    counts = {c.name: int(c.cells.iloc[train].fillna(NO_CATEGORY).nunique()) for c in categories}
    words = ", ".join(f"`{name}` {count:,}" for name, count in counts.items() if count > most)
    if not words:
        return ()
    return (f"Of these columns the {most - 1} most frequent categories are kept and the others joined: {words}.",)
