"""What a data set is: up to three fixed splits of NumPy arrays; and how a small one is made from plain arrays."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from optbench.config.parameters import Range, format_value
from optbench.datasets._augmentation import Augment
from optbench.datasets._splits import Array, Cut, Look, Rows, looked_at, shuffled_rows
from optbench.errors import ConfigError

Tensor = Any
Kind = Literal["classification", "regression", "sequence"]
Features = Annotated[list[int] | None, Range(0)]


class Split(NamedTuple):
    """Examples and their targets."""

    x: Array  # float32 (examples, ...); uint8 images and int32 characters are prepared batch by batch
    y: Array  # int32 (examples,) for classification, float32 (examples, outputs) for regression, int32 like x for text


def as_they_are(x: Tensor, dtype: Any) -> Tensor:
    """Inputs that need no preparation."""
    return x


def as_prepared(x: Tensor) -> Tensor:
    """Inputs that are ready once they are prepared."""
    return x


class Dataset(NamedTuple):
    """A data set, cut once and for all into its splits."""

    train: Split
    valid: Split | None  # chooses and tunes; without it test does, and without that train
    test: Split | None
    name: str
    kind: Kind
    classes: int  # 0 for regression; of a sequence the size of the vocabulary
    prepare: Callable[[Tensor, Any], Tensor] = as_they_are  # (x of a batch, dtype) -> what the model takes
    augment: Augment | None = None  # changes a prepared batch at random in training
    finish: Callable[[Tensor], Tensor] = as_prepared  # what is done to a batch after that, in training or not

    @property
    def is_empty(self) -> bool:
        """Whether there is one example and nothing in it, as for test functions. Then it is every batch."""
        return self.train.x.shape == (1, 0)

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that there are, by name."""
        named = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: split for name, split in named.items() if split is not None}


def check_labels(dataset: Dataset) -> None:
    """Raise ConfigError unless every label is one of the data set's classes: whole numbers from 0 on."""
    for name, split in dataset.splits.items():
        y = split.y
        if dataset.classes and (y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= dataset.classes):
            low, high = y.min(), y.max()
            raise ConfigError(
                f"Labels of dataset={dataset.name} must be whole numbers from 0 to {dataset.classes - 1}. "
                f"Received: {y.dtype} from {low:g} to {high:g} in its {name} split. Mend the data."
            )


def classification(
    x: Array, y: Array, *, name: str, cut: Cut, look: Look, standardize: bool, features: list[int] | None = None
) -> Dataset:
    """Cut ``x`` and integer labels ``y`` into stratified splits: each holds every class in its share.

    Args:
        x: numbers, (examples, ...).
        y: labels 0 .. classes - 1, (examples,).
        name: the data set's name.
        cut: the splits.
        look: how much of them is looked at.
        standardize: subtract the mean and divide by the standard deviation of each feature of the training split.
        features: the columns of ``x`` to keep; None keeps all.

    Raises:
        ConfigError: a split would lack a class, or a feature does not exist.
    """
    rows = shuffled_rows(len(x), cut, name, labels=y)
    rows = looked_at(rows, look, name, labels=Rows(*(y[r] for r in rows)))
    x = chosen(x, features, name)
    x = standardized(x, rows.train) if standardize else x
    train, valid, test = (Split(x[r].astype(np.float32), y[r].astype(np.int32)) for r in rows)
    return Dataset(train, valid, test, name, "classification", classes=int(y.max()) + 1)


def regression(
    x: Array, y: Array, *, name: str, cut: Cut, look: Look, standardize: bool, features: list[int] | None = None
) -> Dataset:
    """Cut ``x`` and real targets ``y`` into shuffled splits.

    Args:
        x: numbers, (examples, features).
        y: numbers, (examples,).
        name: the data set's name.
        cut: the splits.
        look: how much of them is looked at.
        standardize: of each feature, and of the targets too, subtract the training split's mean and divide by its
            standard deviation, in which errors are then measured.
        features: the columns of ``x`` to keep; None keeps all.

    Raises:
        ConfigError: a split would be empty, or a feature does not exist.
    """
    rows = looked_at(shuffled_rows(len(x), cut, name), look, name)
    x, y = chosen(x, features, name), y[:, np.newaxis]
    x, y = (standardized(a, rows.train) if standardize else a for a in (x, y))
    train, valid, test = (Split(x[r].astype(np.float32), y[r].astype(np.float32)) for r in rows)
    return Dataset(train, valid, test, name, "regression", classes=0)


def chosen(x: Array, features: list[int] | None, name: str) -> Array:
    """The columns ``features`` of ``x``, in their order.

    Raises:
        ConfigError: there is no such column, or none is left.
    """
    if features is None:
        return x
    if not features or max(features) >= x.shape[1]:
        raise ConfigError(
            f"`dataset.features` must name columns of {name}, from 0 to {x.shape[1] - 1}. "
            f"Received: dataset.features={format_value(features)}."
        )
    return x[:, features]


def standardized(x: Array, train: Array) -> Array:
    """``x`` less the mean of ``x[train]``, over its standard deviation, feature by feature.

    A feature that is constant in the training split (a pixel that is never inked) is only centred.
    """
    mean = x[train].mean(axis=0)
    deviation = x[train].std(axis=0)
    scaled: Array = (x - mean) / np.where(deviation > 0, deviation, 1.0)
    return scaled
