"""Read the values of metrics from long and wide tables into one table of curves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.formatting import pluralize
from optbench.importing.cells import is_number_column, numbers, texts
from optbench.importing.names import SPLITS, MetricName, normalize, parse_metric
from optbench.importing.rows import TableRows, is_missing_value
from optbench.importing.runs import Numbering
from optbench.importing.tables import list_names, quote, refuse
from optbench.spec.decide_by import SELECTION_ORDER

NAMES = ["split", "metric"]
UNKNOWN = "?"  # a split of another name


def read_values(rows: TableRows, numbering: Numbering) -> pd.DataFrame:
    """Read all values of a table.

    Returns:
        ``place, run, step, epoch, split, metric, value``, one row per value; ``place`` is the index of its row in the
            table.

    Raises:
        ConfigError: a value is not a number, a split is unknown, or there are no values.
    """
    read = read_long(rows) if rows.columns.is_long else read_wide(rows)
    if read.empty:
        raise refuse(f"{rows.table.source.name} has no value of any metric: all cells of metrics are empty.")
    step, epoch = rows.steps
    place = read["place"].to_numpy()
    return read.assign(run=numbering.run[place], step=step[place], epoch=epoch[place])


def read_long(rows: TableRows) -> pd.DataFrame:
    """Read a table with one row per value: ``place, split, metric, value``."""
    metric, value = rows.column("metric"), rows.column("value")
    assert metric is not None
    assert value is not None
    words = texts(metric).astype("category").reset_index(drop=True)
    kept = ~words.isin([name for name in rows.options.ignore if name in words.cat.categories]).to_numpy(bool)
    if not is_number_column(value):  # an empty cell is missing; NaN in a DataFrame is a value
        kept &= ~is_missing_value(value)
    empty = np.flatnonzero(kept & (words == "").to_numpy(bool))
    if len(empty):
        raise refuse(f"`{metric.name}` is empty in {rows.row(empty[0])}: it has to name the metric of the value.")
    place = np.flatnonzero(kept)
    used = words.iloc[place].cat.remove_unused_categories()
    parsed = [parse_metric(name) for name in used.cat.categories]
    check_names([str(name) for name in used.cat.categories], parsed)
    codes = used.cat.codes.to_numpy()
    known = np.array([name.split for name in parsed] or [""], object)[codes]
    splits = split_of_rows(rows, place, known, used)
    metrics = named_codes(codes, [name.metric for name in parsed])
    return pd.DataFrame({"place": place, "split": splits, "metric": metrics, "value": numbers(value, rows.row)[place]})


def split_of_rows(
    rows: TableRows, place: NDArray[np.intp], known: NDArray[np.object_], metrics: pd.Series
) -> pd.Categorical:
    """Return the split of each value: from the column of splits, the name of the metric, or a guess."""
    column = rows.column("split")
    if column is not None:
        words = texts(column).astype("category").reset_index(drop=True).iloc[place].cat
        meant = [SPLITS.get(normalize(word), UNKNOWN) if word else "" for word in words.categories]
        given = np.array(meant or [""], object)[words.codes.to_numpy()]
        unknown = np.flatnonzero(given == UNKNOWN)
        if len(unknown):
            at = int(place[unknown[0]])
            raise refuse(
                f"`{column.name}` must be one of train, valid and test in {rows.row(at)}. "
                f"Received: {quote(column.iloc[at])}."
            )
        known = np.where(given == "", known, given)
    missing = known == ""
    if missing.any():
        names = list(dict.fromkeys(metrics[missing].astype(str)))
        known = np.where(missing, guess_split(rows, names, list(dict.fromkeys(known[~missing]))), known)
    return pd.Categorical(known, categories=[split for split in SELECTION_ORDER if (known == split).any()])


def guess_split(rows: TableRows, names: list[str], others: list[str]) -> str:
    """The split of metrics whose names have none: train next to other splits and in curves, else test."""
    if rows.options.split is not None:
        return rows.options.split
    split = "train" if others or rows.columns.is_curve else "test"
    rows.notes.append(f"split of {list_names(names)} = {split} (--split NAME names another)")
    return split


def read_wide(rows: TableRows) -> pd.DataFrame:
    """Read a table with one column per metric: ``place, split, metric, value``."""
    columns = rows.columns.metrics
    frame = rows.table.frame
    check_names(list(columns), list(columns.values()), with_split=True)
    bare = [name for name, parsed in columns.items() if not parsed.split]
    guessed = guess_split(rows, bare, [parsed.split for parsed in columns.values() if parsed.split]) if bare else ""
    missing = {name: is_missing_value(frame[name]) for name in columns}
    nothing = np.logical_and.reduce(list(missing.values()))
    parts = []
    for name, parsed in columns.items():
        column = frame[name]
        kept = ~missing[name] | (nothing & column_has_nan(column))
        place = np.flatnonzero(kept)
        parts.append((place, parsed._replace(split=parsed.split or guessed), numbers(column, rows.row)[place]))
    sizes = [len(place) for place, _, _ in parts]
    return pd.DataFrame(
        {
            "place": np.concatenate([place for place, _, _ in parts]),
            "split": category_of([name.split for _, name, _ in parts], sizes),
            "metric": category_of([name.metric for _, name, _ in parts], sizes),
            "value": np.concatenate([values for _, _, values in parts]),
        }
    )


def column_has_nan(column: pd.Series) -> NDArray[np.bool_]:
    """Whether a column of floats contains NaN. If no metric of a row has a value, the run diverged there."""
    is_nan: NDArray[np.bool_] = column.isna().to_numpy(bool)
    return is_nan if pd.api.types.is_float_dtype(column.dtype) else np.zeros(len(column), bool)


def named_codes(codes: NDArray[np.integer[Any]], names: Sequence[str]) -> pd.Categorical:
    """Return the name of each code. Several codes may have the same name."""
    known = list(dict.fromkeys(names))
    return pd.Categorical.from_codes(np.array([known.index(name) for name in names], np.int64)[codes], known)


def category_of(names: Sequence[str], sizes: Sequence[int]) -> pd.Categorical:
    """Repeat each name for each of its values."""
    return named_codes(np.repeat(np.arange(len(names)), sizes), names)


def check_names(given: list[str], parsed: list[MetricName], with_split: bool = False) -> None:
    """Raise ConfigError if a name is not a word, or two names mean the same metric."""
    seen: dict[MetricName, str] = {}
    for text, name in zip(given, parsed, strict=True):
        if not name.metric.isidentifier():
            raise refuse(f"A metric must have a name of letters, digits and underscores. Received: {quote(text)}.")
        if name in seen and with_split:
            raise refuse(
                f"`{quote(seen[name])}` and `{quote(text)}` are both {'.'.join(filter(None, name))}. "
                f"Leave one out with --ignore {quote(text)}."
            )
        seen[name] = text


def drop_repeated(curves: pd.DataFrame, rows: TableRows, numbering: Numbering) -> pd.DataFrame:
    """Keep one of several values of a run, step, split and metric: the last of a curve, or any if they are equal.

    Raises:
        ConfigError: a run has two different final values.
    """
    keys = [curves[name].cat.codes.to_numpy(np.int64) for name in NAMES]
    steps, step = np.unique(curves["step"], return_inverse=True)
    code = ((curves["run"].to_numpy(np.int64) * len(steps) + step) * 8 + keys[0]) * (keys[1].max() + 1) + keys[1]
    order = pd.Series(code)
    repeated = order.duplicated(keep=False).to_numpy()
    if not repeated.any():
        return curves.drop(columns="place")
    later = order.duplicated(keep="first").to_numpy()
    table = curves[repeated].assign(code=code[repeated], value=curves.loc[repeated, "value"].round(15))
    different = table.groupby("code")["value"].nunique(dropna=False) > 1
    if not rows.columns.is_curve and different.any():
        one = table[table["code"] == different.index[different][0]]
        raise refuse(describe_conflict(one, rows, numbering))
    kept = curves[~order.duplicated(keep="last").to_numpy()]
    what = "the last value counts" if different.any() else "they are equal"
    rows.notes.append(f"{pluralize(int(later.sum()), 'repeated value')} of the same run and step: {what}")
    return kept.drop(columns="place")


def describe_conflict(repeated: pd.DataFrame, rows: TableRows, numbering: Numbering) -> str:
    """The message about two different final values of one run."""
    first, second = repeated["place"].iloc[:2]
    name = f"{repeated['split'].iloc[0]}.{repeated['metric'].iloc[0]}"
    return (
        f"{rows.row(first).capitalize()} and {rows.row(second)} are one run ({numbering.describe(first)}) with "
        f"different values of {name}. Remove one, or name the column that tells them apart with --map run=COLUMN or "
        "--hyperparameters COLUMN."
    )
