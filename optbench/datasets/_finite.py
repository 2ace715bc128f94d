"""Find missing and infinite numbers before training, with their column and count."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optbench.datasets.base import Dataset
from optbench.errors import ConfigError

Array = NDArray[Any]
REMEDY = "Fill them, or remove the examples; dataset=table fills missing numbers itself."


def describe_not_finite(array: Array, what: str, names: Sequence[str] = ()) -> str:
    """Describe where numbers are missing or infinite; empty if all are finite.

    Args:
        array: (examples, ...).
        what: its name, such as "x".
        names: names of its columns, if it is (examples, columns).
    """
    if array.dtype.kind != "f":
        return ""
    wrong = ~np.isfinite(array)
    if not wrong.any():
        return ""
    if array.ndim != 2 or array.shape[1] == 1:
        where = f"column `{names[0]}`" if len(names) == 1 else f"`{what}`"
        return f"{where} has {count_words(array[wrong])}, the first at {what}[{format_place(wrong)}]"
    columns = np.flatnonzero(wrong.any(axis=0))
    first = int(columns[0])
    place = int(np.argmax(wrong[:, first]))
    column = f"column `{names[first]}`" if names else f"column {first} of `{what}`"
    more = f"; {len(columns) - 1} more columns have some" if len(columns) > 1 else ""
    return f"{column} has {count_words(array[wrong[:, first], first])}, the first at {what}[{place}, {first}]{more}"


def count_of(count: int, noun: str) -> str:
    """A count with its noun: "1 value", "2 values"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def count_words(wrong: Array) -> str:
    """How many values are missing and how many are infinite."""
    missing = int(np.isnan(wrong).sum())
    counts = {"missing": missing, "infinite": len(wrong) - missing}
    words = [count_of(count, f"{kind} value") for kind, count in counts.items() if count]
    return " and ".join(words)


def format_place(wrong: NDArray[np.bool_]) -> str:
    """The index of the first missing or infinite value."""
    return ", ".join(map(str, np.argwhere(wrong)[0]))


def check_finite(dataset: Dataset) -> None:
    """Raise ConfigError unless all inputs and targets of a data set are finite numbers."""
    for part, split in dataset.splits.items():
        features = () if isinstance(split.x, dict) else dataset.feature_names
        arrays = [(name, array, features) for name, array in split.inputs.items()]
        for name, array, names in (*arrays, ("y", split.y, dataset.target_names)):
            found = describe_not_finite(array, name, names)
            if found:
                raise ConfigError(
                    f"Inputs and targets must be finite numbers. Received: in the {part} split of "
                    f"dataset={dataset.name}, {found}. {REMEDY}"
                )
