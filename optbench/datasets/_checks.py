"""Check the data set that a function returned: its type, and that its arrays are consistent."""

from typing import Any, get_args

import numpy as np

from optbench.config.user_code import describe_returned
from optbench.datasets._finite import check_finite
from optbench.datasets.base import Dataset, Kind, Split, check_labels
from optbench.errors import ConfigError

KINDS = get_args(Kind)


def accept_dataset(value: Any, target: str) -> Dataset:
    """Check a data set that a target made. Integer labels become int32.

    Args:
        value: the return value of the target.
        target: its dotted path, for messages.

    Raises:
        ConfigError: it is not a data set, its arrays are inconsistent, a label is out of range, or a number is missing.
    """
    if not isinstance(value, Dataset):
        raise ConfigError(
            f"`dataset._target_: {target}` must return an optbench.datasets.base.Dataset. "
            f"Received: {describe_returned(value)}. To return arrays, a DataFrame or a tf.data.Dataset, take "
            f"dataset=function dataset.load={target}."
        )
    dataset = check_parts(value)
    check_labels(dataset)
    check_finite(dataset)
    return dataset


def check_parts(dataset: Dataset) -> Dataset:
    """The data set with int32 labels; ConfigError unless the arrays of its splits are consistent."""
    what = f"dataset={dataset.name}"
    if dataset.kind not in KINDS:
        raise ConfigError(f"`kind` of {what} must be one of {', '.join(KINDS)}. Received: {dataset.kind!r}.")
    train, valid, test = (
        None if split is None and name != "train" else check_split(split, f"{what} {name}", dataset)
        for name, split in (("train", dataset.train), ("valid", dataset.valid), ("test", dataset.test))
    )
    assert train is not None  # check_split rejects None
    for name, split in (("valid", valid), ("test", test)):
        if split is not None:
            check_same_shapes(train, split, what, name)
    return dataset._replace(train=train, valid=valid, test=test)


def check_split(split: Any, what: str, dataset: Dataset) -> Split:
    """One split, with int32 labels."""
    if not isinstance(split, tuple) or len(split) != 2:
        raise ConfigError(
            f"A split must be a Split(x, y) of arrays. Received: {describe_returned(split)} for {what}. "
            "See optbench.datasets.base."
        )
    x, y = split
    inputs = x if isinstance(x, dict) else {"x": x}
    for name, array in {**inputs, "y": y}.items():
        if not isinstance(array, np.ndarray) or array.ndim < 1:
            raise ConfigError(
                f"A split must hold NumPy arrays of examples. Received: {describe_returned(array)} for {name} of "
                f"{what}. Convert it with numpy.asarray."
            )
        if array.dtype.kind not in "biuf":
            raise ConfigError(
                f"A split must hold numbers. Received: values of type {array.dtype} for {name} of {what}. Encode them."
            )
        if len(array) != len(y):
            raise ConfigError(
                f"A split must have a target for each example. Received: {len(array):,} examples in {name} and "
                f"{len(y):,} targets, for {what}."
            )
    if not len(y):
        raise ConfigError(f"A split must hold examples. Received: none for {what}. Give data, or None for no split.")
    check_rank(y, what, dataset)
    whole = dataset.classes and y.dtype.kind in "iu" and y.dtype != np.int32
    return Split(x, y.astype(np.int32) if whole and np.abs(y.astype(np.int64)).max() < 2**31 else y)


def check_rank(y: Any, what: str, dataset: Dataset) -> None:
    """Raise unless targets have the rank that the kind of the data set requires."""
    if dataset.kind == "classification" and y.ndim != 1:
        raise ConfigError(
            f"Labels must have the shape (examples,). Received: shape {y.shape} for y of {what}. "
            "One-hot labels are y.argmax(axis=1)."
        )
    if dataset.kind in ("regression", "multilabel") and y.ndim != 2:
        raise ConfigError(
            f"Targets of a {dataset.kind} data set must have the shape (examples, outputs). "
            f"Received: shape {y.shape} for y of {what}. A single target is y.reshape(-1, 1)."
        )
    if dataset.kind in ("regression", "multilabel") and y.dtype.kind != "f":
        raise ConfigError(
            f"Targets of a {dataset.kind} data set must be float32. Received: {y.dtype} for y of {what}. "
            "Convert them with y.astype('float32')."
        )


def check_same_shapes(first: Split, split: Split, what: str, name: str) -> None:
    """Raise unless the examples of a split have the same shapes as those of the training split."""
    shapes = [[(key, array.shape[1:]) for key, array in (*s.inputs.items(), ("y", s.y))] for s in (first, split)]
    if shapes[0] != shapes[1]:
        raise ConfigError(
            f"Examples of all splits of {what} must have one shape. Received: "
            f"{describe_shapes(shapes[0])} in train and {describe_shapes(shapes[1])} in {name}."
        )


def describe_shapes(shapes: list[tuple[str, tuple[int, ...]]]) -> str:
    """The shape of one example of each array."""
    return ", ".join(f"{name} {shape}" for name, shape in shapes)
