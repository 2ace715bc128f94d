"""What a data set is: three fixed splits of NumPy arrays."""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from optbench.errors import ConfigError
from optbench.parameters import Range

Kind = Literal["classification", "regression", "sequence"]
Array = NDArray[np.generic]
Fraction = Annotated[float, Range(0.0, 1.0, "()")]
SplitSeed = Annotated[int, Range(0, 2**32)]


class Split(NamedTuple):
    """Examples and their targets."""

    x: Array  # float32 (examples, ...)
    y: Array  # int32 (examples,) for classification, float32 (examples, outputs) for regression


class Dataset(NamedTuple):
    """A data set, cut once and for all into three splits."""

    train: Split
    valid: Split
    test: Split
    name: str
    kind: Kind
    classes: int  # 0 for regression

    @property
    def splits(self) -> dict[str, Split]:
        """The splits by name."""
        return {"train": self.train, "valid": self.valid, "test": self.test}


def classification(
    x: Array, y: Array, *, name: str, valid_fraction: float, test_fraction: float, split_seed: int, standardize: bool
) -> Dataset:
    """Cut ``x`` and integer labels ``y`` into stratified splits: each holds every class in its share.

    Args:
        x: numbers, (examples, ...).
        y: labels 0 .. classes - 1, (examples,).
        name: the data set's name.
        valid_fraction: share of all examples that choose and tune, in (0, 1).
        test_fraction: share of all examples that are only recorded, in (0, 1).
        split_seed: which examples go where.
        standardize: subtract the mean and divide by the standard deviation of each feature of the training split.

    Raises:
        ConfigError: a split would lack a class.
    """
    if valid_fraction + test_fraction >= 1:
        raise ConfigError(
            "`dataset.valid_fraction` and `dataset.test_fraction` must leave something to train on. "
            f"Received: {valid_fraction:g} and {test_fraction:g}."
        )
    smallest = min(valid_fraction, test_fraction, 1 - valid_fraction - test_fraction) * len(x)
    if smallest < len(np.unique(y)):
        raise ConfigError(
            f"Every split of {name} must hold an example of each of its {len(np.unique(y))} classes. Received: "
            f"dataset.valid_fraction={valid_fraction:g}, dataset.test_fraction={test_fraction:g} of {len(x)} examples."
        )
    rest, test = train_test_split(np.arange(len(x)), test_size=test_fraction, random_state=split_seed, stratify=y)
    share = valid_fraction / (1 - test_fraction)
    train, valid = train_test_split(rest, test_size=share, random_state=split_seed, stratify=y[rest])
    x = standardized(x, train) if standardize else x

    def taken(rows: Array) -> Split:
        return Split(x[rows].astype(np.float32), y[rows].astype(np.int32))

    return Dataset(taken(train), taken(valid), taken(test), name, "classification", classes=int(y.max()) + 1)


def standardized(x: Array, train: Array) -> Array:
    """``x`` less the mean of ``x[train]``, over its standard deviation, feature by feature.

    A feature that is constant in the training split (a pixel that is never inked) is only centred.
    """
    mean = x[train].mean(axis=0)
    deviation = x[train].std(axis=0)
    scaled: Array = (x - mean) / np.where(deviation > 0, deviation, 1.0)
    return scaled
