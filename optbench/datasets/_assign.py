"""Assign examples of a user's data to splits: at random, by groups, by time, or by a column.

    assign_at_random    stratified by class, if there are classes
    assign_groups       rows of a group stay together
    assign_by_time      the earliest rows are the training split
    assign_by_names     according to a column
    cut_validation      a validation split, if the data has only train and test
    drawn_splits        the splits that were drawn at random

A split with fraction 0 has no rows and is left out.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optbench.datasets.splits import Rows, check_fractions
from optbench.datasets.user_options import UserSplit
from optbench.errors import ConfigError
from optbench.random.streams import stream

Numbers = NDArray[np.int64]
NAMES = {
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing"),
}  # accepted names of splits
TRAIN, VALID, TEST = range(3)


def split_of_name(name: object) -> str | None:
    """The split with the name ``name``; None if there is none."""
    text = str(name).strip().lower()
    return next((split for split, names in NAMES.items() if text in names), None)


def assign_at_random(examples: int, split: UserSplit, labels: Numbers | None = None, names: Sequence[str] = ()) -> Rows:
    """Assign ``examples`` rows to splits at random, each class in equal proportions.

    Args:
        examples: the number of examples.
        split: the fractions of the splits.
        labels: the class of each example, starting at 0; None without classes.
        names: names of the classes, for messages.

    Raises:
        ConfigError: a split would be empty, or lack a class.
    """
    check_fractions(split.valid_fraction, split.test_fraction)
    order = stream("rows of a user's data", split.split_seed, examples).permutation(examples)
    groups = [order] if labels is None else [order[labels[order] == label] for label in range(int(labels.max()) + 1)]
    needed = 1 + (split.valid_fraction > 0) + (split.test_fraction > 0)
    for label, rows in enumerate(groups):
        if len(rows) < needed:
            raise ConfigError(describe_too_few(len(rows), needed, names[label] if labels is not None else None))
    place = np.zeros(examples, np.int64)
    for rows in groups:
        valid, test = (max(f > 0, round(f * len(rows))) for f in (split.valid_fraction, split.test_fraction))
        valid, test = fit_counts(valid, test, len(rows))
        place[rows[:valid]], place[rows[valid : valid + test]] = VALID, TEST
    return Rows(*(order[place[order] == which] for which in (TRAIN, VALID, TEST)))


def fit_counts(valid: int, test: int, rows: int) -> tuple[int, int]:
    """The sizes of two splits, reduced if they would leave none of ``rows`` for training."""
    while valid + test >= rows:
        valid, test = (valid - 1, test) if valid > test else (valid, test - 1)
    return valid, test


def describe_too_few(found: int, needed: int, class_name: str | None) -> str:
    """One line for data with too few examples, or examples of one class, for the splits."""
    rows = f"{found} example{'' if found == 1 else 's'}"
    if class_name is None:
        return f"The splits need at least {needed} examples. Received: {rows}. Give more data."
    return (
        f"Each class needs at least {needed} examples, one for each split. Received: {rows} of class `{class_name}`. "
        "Remove them, join the class with another, or take dataset.task=regression if the target is a quantity."
    )


def assign_groups(groups: Any, split: UserSplit, where: str) -> Rows:
    """Assign rows to splits at random such that rows with the same value of ``groups`` stay in one split.

    Args:
        groups: a value for each row; none is missing.
        split: the fractions of the splits, which are met as far as whole groups allow.
        where: names the values in messages.

    Raises:
        ConfigError: there are too few groups for a split.
    """
    check_fractions(split.valid_fraction, split.test_fraction)
    values, codes, counts = np.unique(np.asarray(groups).astype(str), return_inverse=True, return_counts=True)
    order = stream("groups of a user's data", split.split_seed, len(values)).permutation(len(values))
    middle = (np.cumsum(counts[order]) - counts[order] / 2) / len(codes)
    place = np.empty(len(values), np.int64)
    place[order] = np.select([middle < split.test_fraction, middle < split.test_fraction + split.valid_fraction],
                             [TEST, VALID], TRAIN)  # fmt: skip
    rows = Rows(*(np.flatnonzero(place[codes] == which) for which in (TRAIN, VALID, TEST)))
    check_filled(rows, split, f"{where} has {len(values)} values")
    return rows


def assign_by_time(times: Any, split: UserSplit, where: str) -> Rows:
    """Assign the earliest rows to the training split, the next to the validation split, the latest to the test split.

    Rows with the same time stay in one split, the earlier one.

    Args:
        times: numbers or dates, one for each row; none is missing.
        split: the fractions of the splits.
        where: names the times in messages.

    Raises:
        ConfigError: a split would be empty, because too many rows have the same time.
    """
    check_fractions(split.valid_fraction, split.test_fraction)
    values = np.asarray(times)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    shares = (1 - split.valid_fraction - split.test_fraction, 1 - split.test_fraction)
    ends = [round(share * len(values)) for share in shares]
    ends = [int(np.searchsorted(ordered, ordered[end - 1], side="right")) if end else 0 for end in ends]
    rows = Rows(order[: ends[0]], order[ends[0] : ends[1]], order[ends[1] :])
    check_filled(rows, split, f"{where} has {len(np.unique(values))} different times")
    return rows


def assign_by_names(values: Any, split: UserSplit, where: str) -> Rows:
    """Assign each row to the split named in ``values``.

    Args:
        values: ``train``, ``valid`` (or ``val``, ``validation``, ``dev``) or ``test`` for each row.
        split: the fraction of a validation split taken from training, if no row belongs to one.
        where: names the values in messages.

    Raises:
        ConfigError: another value occurs, or no row belongs to training.
    """
    places = np.array([split_of_name(value) or "" for value in values])
    unknown = sorted({str(value) for value, place in zip(values, places, strict=True) if not place})
    if unknown:
        raise ConfigError(f"{where} must hold train, valid or test. Received: {', '.join(unknown[:5])}. Correct it.")
    rows = Rows(*(np.flatnonzero(places == name) for name in NAMES))
    if not len(rows.train):
        raise ConfigError(f"{where} must hold train for the rows to train on. Received: no such row. Correct it.")
    return rows if len(rows.valid) else cut_validation(rows, split)


def cut_validation(rows: Rows, split: UserSplit, labels: Numbers | None = None, names: Sequence[str] = ()) -> Rows:
    """Take a validation split from the training rows, if there is none and its fraction is not 0."""
    if len(rows.valid) or not split.valid_fraction:
        return rows
    test_fraction = 0.0 if len(rows.test) else split.test_fraction
    of_train = None if labels is None else labels[rows.train]
    inner = assign_at_random(len(rows.train), split._replace(test_fraction=test_fraction), of_train, names)
    test = rows.test if len(rows.test) else rows.train[inner.test]
    return Rows(rows.train[inner.train], rows.train[inner.valid], test)


def drawn_splits(given: Collection[str], rows: Rows) -> tuple[str, ...]:
    """The splits that have rows and are not given: their rows were drawn at random."""
    return tuple(name for name, of_split in rows._asdict().items() if len(of_split) and name not in ("train", *given))


def check_filled(rows: Rows, split: UserSplit, what: str) -> None:
    """Raise unless each split with a positive fraction has rows."""
    wanted = {"train": 1.0, "valid": split.valid_fraction, "test": split.test_fraction}
    for (name, share), found in zip(wanted.items(), rows, strict=True):
        if share > 0 and not len(found):
            raise ConfigError(
                f"{what}, which leaves nothing for the {name} split. Received: dataset.valid_fraction="
                f"{split.valid_fraction:g}, dataset.test_fraction={split.test_fraction:g}. Take other fractions, or 0."
            )
