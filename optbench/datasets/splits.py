"""Splits: the parameter groups that data sets share, and the assignment of rows to splits.

HoldoutSplit       all examples, split into train, valid and test at random      shuffle_rows
ValidationSplit    a published training set, split into train and valid          split_training_set
SequentialSplit    a text, split in its order                                 in text.py
Subset             a part of each split, or only of the training split        take_subset
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from optbench.config.parameters import AtLeastOne, Range, format_value
from optbench.errors import ConfigError

Array = NDArray[np.generic]
Fraction = Annotated[float, Range(0.0, 1.0, "()")]
SplitSeed = Annotated[int, Range(0, 2**32)]


class HoldoutSplit(NamedTuple):
    """How examples are split at random.

    Args:
        valid_fraction: fraction of the examples for choosing and tuning, in (0, 1).
        test_fraction: fraction of the examples that is recorded and never used for choosing, in (0, 1).
        split_seed: seed of the assignment, which is stratified if there are classes.
    """

    valid_fraction: Fraction = 0.2
    test_fraction: Fraction = 0.2
    split_seed: SplitSeed = 0


class ValidationSplit(NamedTuple):
    """How a validation split is taken from a published training set with a separate published test set.

    Args:
        valid_fraction: fraction of the published training set for choosing and tuning, in [0, 1). With 0, there is no
            validation split, and the test set is used for choosing, as in some published protocols.
        split_seed: seed of the assignment, which is stratified.
    """

    valid_fraction: Annotated[float, Range(0.0, 1.0)] = 0.1
    split_seed: SplitSeed = 0


class SequentialSplit(NamedTuple):
    """How a sequence is split into its beginning, for training, its middle and its end.

    Args:
        valid_fraction: fraction of the sequence for choosing and tuning, after the training part; in (0, 1).
        test_fraction: fraction at the end that is recorded and never used for choosing, in (0, 1).
    """

    valid_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1


class Subset(NamedTuple):
    """How much of the splits is kept, for a quick look at the data. Smaller subsets are contained in larger ones.

    Args:
        limit: maximum number of training examples, at least 1. Other splits are reduced in proportion. None keeps all.
        train_fraction: fraction of the training examples (after ``limit``) to keep, in (0, 1]. None keeps all.
    """

    limit: Annotated[int | None, AtLeastOne] = None
    train_fraction: Annotated[float | None, Range(0.0, 1.0, "(]")] = None


class Rows(NamedTuple):
    """An array for each split: row numbers, or labels."""

    train: Array
    valid: Array
    test: Array


def shuffle_rows(examples: int, split: HoldoutSplit, name: str, labels: Array | None = None) -> Rows:
    """Assign each of ``examples`` rows to a split at random, stratified if there are ``labels``.

    Raises:
        ConfigError: a split would be empty, or lack a class.
    """
    valid, test, seed = split
    check_fractions(valid, test)
    classes = 1 if labels is None else len(np.unique(labels))
    if min(valid, test, 1 - valid - test) * examples < classes:
        raise ConfigError(
            f"Every split of {name} must hold {describe_examples(classes)}. Received: "
            f"dataset.valid_fraction={valid:g}, dataset.test_fraction={test:g} of {examples} examples."
        )
    rest, test_rows = split_off(np.arange(examples), test, seed, labels)
    return Rows(*split_off(rest, valid / (1 - test), seed, labels), test_rows)


def check_fractions(valid_fraction: float, test_fraction: float) -> None:
    """Raise unless the fractions leave examples for training."""
    if valid_fraction + test_fraction >= 1:
        raise ConfigError(
            "`dataset.valid_fraction` and `dataset.test_fraction` must leave something to train on. "
            f"Received: {valid_fraction:g} and {test_fraction:g}."
        )


def split_training_set(labels: Array, split: ValidationSplit, name: str) -> tuple[Array, Array]:
    """Assign each row of a published training set to the training or the validation split, stratified.

    With a ``valid_fraction`` of 0, all rows are training rows, in their order.

    Raises:
        ConfigError: a split would lack a class.
    """
    valid_fraction, split_seed = split
    if valid_fraction == 0:
        return np.arange(len(labels)), np.arange(0)
    counts = np.unique(labels, return_counts=True)[1]
    if min(valid_fraction, 1 - valid_fraction) * len(labels) < len(counts) or counts.min() < 2:
        raise ConfigError(
            f"The training and the validation split of {name} must hold {describe_examples(len(counts))}. "
            f"Received: dataset.valid_fraction={valid_fraction:g} of {len(labels)} examples, "
            f"{counts.min()} in the smallest class."
        )
    return split_off(np.arange(len(labels)), valid_fraction, split_seed, labels)


def split_off(rows: Array, share: float, seed: int, labels: Array | None) -> tuple[Array, Array]:
    """Split ``rows`` at random into a remainder and a fraction ``share``, stratified by ``labels`` of all examples."""
    strata = None if labels is None else labels[rows]
    rest, part = train_test_split(rows, test_size=share, random_state=seed, stratify=strata)
    return rest, part


def take_subset(rows: Rows, subset: Subset, name: str, labels: Rows | None = None) -> Rows:
    """Take the first rows of each split, in an order in which every prefix is stratified.

    ``valid`` and ``test`` keep at least one example of each class.

    Args:
        rows: rows of each split, in random order or in the order of a text.
        subset: how much to keep.
        name: the data set's name.
        labels: labels of ``rows``, for classification.

    Raises:
        ConfigError: the training split would lack a class.
    """
    if subset == Subset():
        return rows
    limit = len(rows.train) if subset.limit is None else min(subset.limit, len(rows.train))
    share, wanted = limit / len(rows.train), round(limit * (subset.train_fraction or 1.0))
    classes = 1 if labels is None else len(np.unique(labels.train))
    if wanted < classes:
        raise ConfigError(
            f"The training split of {name} must keep {describe_examples(classes)}. "
            f"Received: dataset.limit={format_value(subset.limit)}, "
            f"dataset.train_fraction={format_value(subset.train_fraction)}, which keep {wanted} of {len(rows.train)} "
            "examples. Take more."
        )
    if labels is not None:
        rows = Rows(*(r[stratified_order(of_split)] for r, of_split in zip(rows, labels, strict=True)))
    valid, test = (r[: max(classes, round(share * len(r)))] for r in rows[1:])
    return Rows(rows.train[:wanted], valid, test)


def stratified_order(labels: Array) -> Array:
    """Order examples such that every prefix is stratified and the first examples cover all classes."""
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
        place[members[0]] = 0.0
    return np.argsort(place, kind="stable")


def describe_examples(classes: int) -> str:
    """Describe the minimum number of examples of a split."""
    return "an example" if classes == 1 else f"an example of each of its {classes} classes"
