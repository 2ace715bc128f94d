"""Which example of a user's data goes into which split: at random, by groups, by time, or as a column says.

    assign_at_random    stratified where there are classes
    assign_groups       the rows of a group stay together
    assign_by_time      the earliest are trained on
    assign_by_names     as a column says
    cut_validation      a validation split, where the data bring train and test alone
    drawn_splits        which splits were drawn, and not given

A split whose fraction is 0 is left out: it has no rows.
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
}  # what a split may be called
TRAIN, VALID, TEST = range(3)


def split_of_name(name: object) -> str | None:
    """The split that a user calls ``name``; None if there is none."""
    text = str(name).strip().lower()
    return next((split for split, names in NAMES.items() if text in names), None)


def assign_at_random(examples: int, split: UserSplit, labels: Numbers | None = None, names: Sequence[str] = ()) -> Rows:
    """Assign ``examples`` rows at random, each class in its share of each split.

    Args:
        examples: how many.
        split: how they are cut.
        labels: the class of each, from 0 on; None without classes.
        names: of the classes, for the message.

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
    """The sizes of two splits, smaller where they would leave no row of ``rows`` to train on."""
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
    """Assign rows at random such that those with one value of ``groups`` stay in one split.

    Args:
        groups: a value for each row, none of them missing.
        split: how rows are cut; the shares are met as far as whole groups allow.
        where: names the values in a message.

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
    """Assign the earliest rows to training, the next to validation and the latest to the test split.

    Rows of one time stay in one split, the earlier one.

    Args:
        times: numbers or dates, one for each row, none of them missing.
        split: how rows are cut.
        where: names the times in a message.

    Raises:
        ConfigError: too many rows have the same time for a split to hold any.
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
    """Assign each row to the split that ``values`` names.

    Args:
        values: ``train``, ``valid`` (or ``val``, ``validation``, ``dev``) or ``test`` for each row.
        split: how a validation split is cut off training where no row has one.
        where: names the values in a message.

    Raises:
        ConfigError: another value occurs, or no row is to be trained on.
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
    """Cut a validation split off the training rows, where there is none and its fraction is not 0."""
    if len(rows.valid) or not split.valid_fraction:
        return rows
    test_fraction = 0.0 if len(rows.test) else split.test_fraction
    of_train = None if labels is None else labels[rows.train]
    inner = assign_at_random(len(rows.train), split._replace(test_fraction=test_fraction), of_train, names)
    test = rows.test if len(rows.test) else rows.train[inner.test]
    return Rows(rows.train[inner.train], rows.train[inner.valid], test)


def drawn_splits(given: Collection[str], rows: Rows) -> tuple[str, ...]:
    """The splits that have rows and are not among the given ones: their rows were drawn at random."""
    return tuple(name for name, of_split in rows._asdict().items() if len(of_split) and name not in ("train", *given))


def check_filled(rows: Rows, split: UserSplit, what: str) -> None:
    """Raise unless each split that has a share has rows."""
    wanted = {"train": 1.0, "valid": split.valid_fraction, "test": split.test_fraction}
    for (name, share), found in zip(wanted.items(), rows, strict=True):
        if share > 0 and not len(found):
            raise ConfigError(
                f"{what}, which leaves nothing for the {name} split. Received: dataset.valid_fraction="
                f"{split.valid_fraction:g}, dataset.test_fraction={split.test_fraction:g}. Take other fractions, or 0."
            )
