"""Data sets from arrays in memory: one set of examples to split, or given splits."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.datasets._assemble import LARGEST_EXACT, Scale, assemble
from optbench.datasets._assign import assign_at_random, cut_validation, drawn_splits
from optbench.datasets._finite import REMEDY, describe_not_finite
from optbench.datasets._targets import Targets, read_targets
from optbench.datasets.base import Dataset
from optbench.datasets.splits import Rows, Subset
from optbench.datasets.user_options import Task, UserSplit
from optbench.errors import ConfigError

Array = NDArray[Any]
XY = tuple[Any, Any]  # inputs and targets, as given by a user


class GivenSplit(NamedTuple):
    """One split given by a user, checked."""

    inputs: dict[str, Array]
    single: bool  # whether there is a single input, which is then named ``x``
    y: Array


def dataset_from_arrays(
    given: Mapping[str, XY],
    *,
    name: str,
    task: Task = "auto",
    scale: Scale = "auto",
    standardize_target: bool = False,
    split: UserSplit = UserSplit(),
    subset: Subset = Subset(),
    notes: tuple[str, ...] = (),
    target: str = "y",
) -> Dataset:
    """Make a data set from the inputs and targets of each given split.

    Args:
        given: (x, y) by split. If only ``train`` is given, it is split. With ``test`` but without ``valid``, a
            validation split is taken from ``train``.
        name: the name of the data set.
        task: the kind of targets, see :func:`optbench.datasets._targets.read_targets`.
        scale: how inputs are scaled, see :func:`optbench.datasets._assemble.scale_input`.
        standardize_target: standardize regression targets to mean 0 and standard deviation 1.
        split: fractions of the splits that are not given.
        subset: how much of the splits is kept.
        notes: how the arrays were read, in sentences.
        target: names the targets in notes.

    Raises:
        ConfigError: arrays have the wrong type or rank, lengths differ, a number is missing, or splits are
            inconsistent.
    """
    read = {part: read_part(x, y, part if len(given) > 1 else "") for part, (x, y) in given.items()}
    check_same_inputs(read)
    first = read["train"]
    inputs = {n: join_splits({part: r.inputs[n] for part, r in read.items()}, n) for n in first.inputs}
    targets = read_targets(join_splits({part: r.y for part, r in read.items()}, "y"), task, target)
    rows = split_rows({part: len(r.y) for part, r in read.items()}, targets, split)
    return assemble(
        name,
        inputs["x"] if first.single else inputs,
        targets,
        rows,
        subset,
        scale=scale,
        standardize_target=standardize_target,
        notes=notes,
        drawn=drawn_splits(given, rows),
    )


def split_rows(sizes: Mapping[str, int], targets: Targets, split: UserSplit) -> Rows:
    """Number the concatenated rows of the given splits, and make the splits that are not given."""
    labels = targets.y.astype(np.int64) if targets.kind == "classification" else None
    if set(sizes) == {"train"}:
        return assign_at_random(sizes["train"], split, labels, targets.class_names)
    ends = np.cumsum(list(sizes.values()))
    rows = dict(zip(sizes, np.split(np.arange(ends[-1]), ends[:-1]), strict=True))
    none = np.arange(0)
    return cut_validation(
        Rows(rows["train"], rows.get("valid", none), rows.get("test", none)), split, labels, targets.class_names
    )


def read_part(x: Any, y: Any, part: str) -> GivenSplit:
    """Check the inputs and targets of one split: types, ranks, lengths, and that no number is missing."""
    of_part = f"_{part}" if part else ""
    targets = read_targets_array(y, f"y{of_part}")
    single = not isinstance(x, Mapping | tuple)
    given = {"x": x} if single else dict(x) if isinstance(x, Mapping) else {f"input_{i}": a for i, a in enumerate(x)}
    if not given:
        raise ConfigError(f"`x{of_part}` must hold an array for each input. Received: none. Give at least one.")
    inputs = {}
    for key, array in given.items():
        what = f"x{of_part}" if single else f"x{of_part}[{key!r}]"
        inputs[str(key)] = read_input(array, what, lowest_rank=2 if single else 1)
        check_lengths(inputs[str(key)], targets, what, f"y{of_part}")
    return GivenSplit(inputs, single, targets)


def read_input(value: Any, what: str, lowest_rank: int) -> Array:
    """An array of finite numbers, (examples, ...)."""
    array = as_array(value, what)
    if array.dtype.kind not in "biuf":
        raise ConfigError(
            f"`{what}` must hold numbers. Received: values of type {array.dtype}. Convert them, for texts "
            "to ids, or give a DataFrame or dataset=table, which encode categories."
        )
    if array.ndim < lowest_rank:
        raise ConfigError(
            f"`{what}` must have the shape (examples, ...), with at least {lowest_rank} axes. "
            f"Received: shape {array.shape}. A single feature is {what}.reshape(-1, 1)."
        )
    if 0 in array.shape:
        raise ConfigError(f"`{what}` must hold examples. Received: shape {array.shape}. Give data.")
    check_finite_array(array, what)
    array = array.astype(np.float32) if array.dtype.kind == "b" else array
    whole = array.dtype.kind in "iu"
    return array.astype(np.float64) if whole and max(-int(array.min()), int(array.max())) > LARGEST_EXACT else array


def read_targets_array(value: Any, what: str) -> Array:
    """An array of targets; none is missing."""
    array = as_array(value, what)
    if array.ndim == 0 or 0 in array.shape:
        raise ConfigError(f"`{what}` must hold a target for each example. Received: shape {array.shape}. Give data.")
    check_finite_array(array, what)
    if array.dtype.kind not in "biufUST":
        raise ConfigError(
            f"`{what}` must hold labels or numbers. Received: values of type {array.dtype}. Convert them."
        )
    return array


def as_array(value: Any, what: str) -> Array:
    """``value`` as a NumPy array. Texts in a DataFrame column stay texts."""
    try:
        array = np.asarray(value)
    except Exception as error:  # a user's object may raise any exception
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"`{what}` must be an array. Received: {type(value).__name__}, which NumPy cannot convert: {reason[:150]}. "
            "Make all rows equally long."
        ) from None
    if array.dtype != object:
        return array
    if not array.ndim:
        raise ConfigError(
            f"`{what}` must be an array. Received: {type(value).__name__}, which NumPy cannot convert. "
            "Make it a dense array."
        )
    if array.ndim and array.size and all(isinstance(member, str) for member in array.ravel()):
        return array.astype(str)
    kinds = sorted({type(member).__name__ for member in array.ravel()[:1000]}) or ["nothing"]
    raise ConfigError(
        f"`{what}` must be an array of numbers or of texts. Received: {type(value).__name__} of {', '.join(kinds)}. "
        "Convert it to one type, and make all rows equally long."
    )


def check_finite_array(array: Array, what: str) -> None:
    """Raise unless every number is finite."""
    found = describe_not_finite(array, what)
    if found:
        raise ConfigError(f"`{what}` must hold finite numbers. Received: {found}. {REMEDY}")


def check_lengths(x: Array, y: Array, name: str, target: str) -> None:
    """Raise unless each example has a target."""
    if len(x) != len(y):
        raise ConfigError(
            f"`{name}` and `{target}` must be equally long. Received: {len(x):,} and {len(y):,} examples. "
            "Give one target for each example."
        )


def check_same_inputs(parts: Mapping[str, GivenSplit]) -> None:
    """Raise unless all splits have the same inputs as ``train``."""
    first = parts["train"]
    for name, part in parts.items():
        if (part.single, set(part.inputs)) != (first.single, set(first.inputs)):
            found = [", ".join(p.inputs) if not p.single else "a single one" for p in (first, part)]
            raise ConfigError(
                f"All splits must have the same inputs. Received: {found[0]} in train and {found[1]} in {name}. "
                "Name them alike."
            )


def join_splits(arrays: Mapping[str, Array], what: str) -> Array:
    """Concatenate arrays of several splits. All examples have the shape of those of ``train``."""
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    shape = arrays["train"].shape[1:]
    for part, array in arrays.items():
        if array.shape[1:] != shape:
            raise ConfigError(
                f"Examples of all splits must have one shape. Received: `{what}` of shape {shape} in train and "
                f"{array.shape[1:]} in {part}. Reshape them."
            )
    kinds = {array.dtype.kind in "biuf" for array in arrays.values()}
    if len(kinds) > 1:
        raise ConfigError(
            f"All splits must hold the same type. Received: `{what}` with numbers in one split and texts in another."
        )
    return np.concatenate(list(arrays.values()))
