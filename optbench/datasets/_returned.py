"""Sort what a user provides as data: arrays by split, a table, or a data set of optbench, checked on entry."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.user_code import describe_returned
from optbench.datasets._assign import split_of_name
from optbench.datasets._checks import check_parts
from optbench.datasets._from_frame import Target, join_frames
from optbench.datasets._read_tensors import read_tensors
from optbench.datasets.base import Dataset
from optbench.datasets.user_options import Columns
from optbench.errors import ConfigError

FORMS = "(x, y), a DataFrame, a finite tf.data.Dataset, or a dict of these with train and perhaps valid and test"


class Given(NamedTuple):
    """The user's data: a data set, a table, or arrays."""

    columns: Columns
    dataset: Dataset | None = None
    frame: pd.DataFrame | None = None
    target: Target = None
    arrays: Mapping[str, tuple[Any, Any]] = {}


class TargetedFrame(NamedTuple):
    """The table of one split, and its target column."""

    frame: pd.DataFrame
    target: Target


def read_given(value: Any, target: Target, columns: Columns, what: str, memory: float | None) -> Given:
    """Sort what a user provided.

    Args:
        value: anything.
        target: the column of a table to predict.
        columns: how columns of a table become inputs.
        what: names the value in messages.
        memory: limit in bytes for a ``tf.data.Dataset``.

    Raises:
        ConfigError: it is not data.
    """
    if isinstance(value, Dataset):
        return Given(columns, dataset=check_parts(value))
    if isinstance(value, Mapping):
        return read_splits(value, target, columns, what, memory)
    if isinstance(value, tuple | list) and len(value) in (2, 3) and all(is_pair(part) for part in value):
        names = ("train", "test") if len(value) == 2 else ("train", "valid", "test")
        return read_splits(dict(zip(names, value, strict=True)), target, columns, what, memory)
    return sort_parts({"train": read_part(value, target, what, memory)}, columns, what)


def is_pair(value: Any) -> bool:
    """Whether a value is a pair (x, y), as in the splits of Keras's data sets."""
    return isinstance(value, tuple) and len(value) == 2


def read_splits(splits: Mapping[Any, Any], target: Target, columns: Columns, what: str, memory: float | None) -> Given:
    """Sort a dict of splits."""
    names = {name: split_of_name(name) for name in splits}
    unknown = [str(name) for name, split in names.items() if split is None]
    if unknown or "train" not in names.values() or len(set(names.values())) < len(names):
        found = ", ".join(map(str, splits)) or "no keys"
        raise ConfigError(
            f"`{what}` must give splits as train and perhaps valid and test. Received: a dict with {found}. "
            "Several inputs are a dict inside (x, y)."
        )
    parts = {str(names[name]): read_part(value, target, f"{what}[{name!r}]", memory) for name, value in splits.items()}
    return sort_parts(parts, columns, what)


def read_part(value: Any, target: Target, what: str, memory: float | None) -> "TargetedFrame | tuple[Any, Any]":
    """One split: a table, or (x, y) as arrays."""
    if isinstance(value, pd.DataFrame):
        return TargetedFrame(value, target)
    if isinstance(value, tf.data.Dataset):
        return read_tensors(value, what, memory)
    if isinstance(value, tuple | list) and len(value) == 2 and not any(v is None for v in value):
        x, y = value
        return join_target(x, y, target, what) if isinstance(x, pd.DataFrame) else (x, y)
    hint = " A function gives its data back with `return`." if value is None else ""
    raise ConfigError(f"`{what}` must be {FORMS}. Received: {describe_form(value)}.{hint}")


def describe_form(value: Any) -> str:
    """Describe what was provided, in a few words."""
    if isinstance(value, tuple | list):
        kinds = ", ".join("None" if part is None else type(part).__name__ for part in value[:4])
        return f"{type(value).__name__} of {len(value)} ({kinds}{', ...' if len(value) > 4 else ''})"
    return describe_returned(value)


def join_target(x: pd.DataFrame, y: Any, target: Target, what: str) -> TargetedFrame:
    """A table of inputs with the target as an additional column."""
    values = np.asarray(y)
    if values.ndim not in (1, 2) or len(values) != len(x):
        raise ConfigError(
            f"`{what}` must hold a target for each row of its DataFrame. Received: {len(x):,} rows and targets of "
            f"shape {values.shape}. Give one target for each row."
        )
    names = name_targets(y, values, target)
    twice = sorted(set(names) & {str(column) for column in x.columns})
    if twice:
        raise ConfigError(
            f"`{what}` gives the target beside its DataFrame. Received: a DataFrame that has the column "
            f"`{twice[0]}` too. Remove it there."
        )
    columns = values.reshape(len(values), -1).T
    joined = x.assign(**dict(zip(names, columns, strict=True)))
    return TargetedFrame(joined, names if len(names) > 1 else names[0])


def name_targets(y: Any, values: NDArray[Any], target: Target) -> list[str]:
    """The names of targets that are given separately from a table: their own, the configured one, or ``target``."""
    if isinstance(y, pd.DataFrame):
        return [str(name) for name in y.columns]
    if values.ndim == 2 and values.shape[1] > 1:
        return [f"target_{i}" for i in range(values.shape[1])]
    own = getattr(y, "name", None)
    return [str(own if own is not None else target if isinstance(target, str) else "target")]


def sort_parts(parts: "Mapping[str, TargetedFrame | tuple[Any, Any]]", columns: Columns, what: str) -> Given:
    """All splits as arrays, or as one table."""
    frames = {name: part for name, part in parts.items() if isinstance(part, TargetedFrame)}
    if not frames:
        return Given(columns, arrays=parts)
    if len(frames) < len(parts):
        raise ConfigError(f"`{what}` must give all splits in one form. Received: DataFrames beside arrays.")
    target = frames["train"].target
    if len(frames) == 1:
        return Given(columns, frame=frames["train"].frame, target=target)
    frame, columns = join_frames({name: part.frame for name, part in frames.items()}, columns)
    return Given(columns, frame=frame, target=target)
