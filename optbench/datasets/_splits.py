"""Which examples are in which split, as row numbers.

shuffled_rows    all examples, cut into train, valid and test at random
cut_off          a published training set, cut into train and valid
looked_at        a part of each split or of the training split alone, for a quick look
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from optbench.config.parameters import AtLeastOne, Range, format_value
from optbench.errors import ConfigError

Array = NDArray[np.generic]
Fraction = Annotated[float, Range(0.0, 1.0, "()")]
ValidFraction = Annotated[float, Range(0.0, 1.0)]  # of a published training set, which may do without
SplitSeed = Annotated[int, Range(0, 2**32)]
Limit = Annotated[int | None, AtLeastOne]
TrainFraction = Annotated[float | None, Range(0.0, 1.0, "(]")]


class Cut(NamedTuple):
    """How examples are cut into splits."""

    valid_fraction: float  # of all examples, in (0, 1)
    test_fraction: float  # of all examples, in (0, 1)
    split_seed: int  # which examples go where


class Look(NamedTuple):
    """How much of a data set is looked at."""

    limit: int | None  # at most so many training examples; valid and test are cut to the same share
    train_fraction: float | None  # share of the training examples (after ``limit``) that is kept, in (0, 1]


class Rows(NamedTuple):
    """Something of each split: row numbers, or labels."""

    train: Array
    valid: Array
    test: Array


def shuffled_rows(examples: int, cut: Cut, name: str, labels: Array | None = None) -> Rows:
    """Which of ``examples`` rows go into which split; in each class's share where there are ``labels``.

    Raises:
        ConfigError: a split would be empty, or lack a class.
    """
    valid, test, seed = cut
    check_rest(valid, test)
    classes = 1 if labels is None else len(np.unique(labels))
    if min(valid, test, 1 - valid - test) * examples < classes:
        raise ConfigError(
            f"Every split of {name} must hold {needed(classes)}. Received: "
            f"dataset.valid_fraction={valid:g}, dataset.test_fraction={test:g} of {examples} examples."
        )
    rest, tested = halves(np.arange(examples), test, seed, labels)
    return Rows(*halves(rest, valid / (1 - test), seed, labels), tested)


def check_rest(valid_fraction: float, test_fraction: float) -> None:
    """Raise unless the fractions leave something to train on."""
    if valid_fraction + test_fraction >= 1:
        raise ConfigError(
            "`dataset.valid_fraction` and `dataset.test_fraction` must leave something to train on. "
            f"Received: {valid_fraction:g} and {test_fraction:g}."
        )


def cut_off(labels: Array, valid_fraction: float, split_seed: int, name: str) -> tuple[Array, Array]:
    """Which rows of a published training set are trained on, and which choose and tune; stratified.

    With ``valid_fraction`` 0 all are trained on, in their order.

    Raises:
        ConfigError: one of them would lack a class.
    """
    if valid_fraction == 0:
        return np.arange(len(labels)), np.arange(0)
    counts = np.unique(labels, return_counts=True)[1]
    if min(valid_fraction, 1 - valid_fraction) * len(labels) < len(counts) or counts.min() < 2:
        raise ConfigError(
            f"The training and the validation split of {name} must hold {needed(len(counts))}. "
            f"Received: dataset.valid_fraction={valid_fraction:g} of {len(labels)} examples, "
            f"{counts.min()} in the smallest class."
        )
    return halves(np.arange(len(labels)), valid_fraction, split_seed, labels)


def halves(rows: Array, share: float, seed: int, labels: Array | None) -> tuple[Array, Array]:
    """``rows`` less a random ``share`` of them, and that share; stratified by ``labels`` of all examples."""
    strata = None if labels is None else labels[rows]
    kept, taken = train_test_split(rows, test_size=share, random_state=seed, stratify=strata)
    return kept, taken


def looked_at(rows: Rows, look: Look, name: str, labels: Rows | None = None) -> Rows:
    """The part of each split that ``look`` keeps: its first rows, where each class stands in its share.

    A smaller look is part of a larger one. ``valid`` and ``test`` keep at least one example of each class.

    Args:
        rows: of each split, in an order that says nothing, or in the order of a text.
        look: how much to keep.
        name: the data set's name.
        labels: of ``rows``, for classification.

    Raises:
        ConfigError: the training split would lack a class.
    """
    if look == Look(None, None):
        return rows
    limit = len(rows.train) if look.limit is None else min(look.limit, len(rows.train))
    share, wanted = limit / len(rows.train), round(limit * (look.train_fraction or 1.0))
    classes = 1 if labels is None else len(np.unique(labels.train))
    if wanted < classes:
        raise ConfigError(
            f"The training split of {name} must keep {needed(classes)}. "
            f"Received: dataset.limit={format_value(look.limit)}, "
            f"dataset.train_fraction={format_value(look.train_fraction)}, which keep {wanted} of {len(rows.train)} "
            "examples. Take more."
        )
    if labels is not None:
        rows = Rows(*(r[evenly(of_split)] for r, of_split in zip(rows, labels, strict=True)))
    valid, test = (r[: max(classes, round(share * len(r)))] for r in rows[1:])
    return Rows(rows.train[:wanted], valid, test)


def evenly(labels: Array) -> Array:
    """An order in which every beginning holds each class in its share, and one of each class comes first."""
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
        place[members[0]] = 0.0
    return np.argsort(place, kind="stable")


def needed(classes: int) -> str:
    """What a split has to hold, in words."""
    return "an example" if classes == 1 else f"an example of each of its {classes} classes"
