"""The type of a data set: up to three fixed splits of NumPy arrays. Also, functions that make a small one from arrays.

The inputs of a split are one array, or several arrays by name for a model with several inputs.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.config.parameters import Range, format_value
from optbench.datasets._augmentation import Augment
from optbench.datasets.splits import Array, HoldoutSplit, Rows, Subset, shuffle_rows, take_subset
from optbench.errors import ConfigError

Tensor = Any
Kind = Literal["classification", "multilabel", "regression", "sequence", "reconstruction"]
Features = Annotated[list[int] | None, Range(0)]


class Split(NamedTuple):
    """Examples and their targets."""

    x: Any  # an array, or a dict of arrays by the names of the model's inputs, in the model's order. Each is float32
    #   (examples, ...), or integers: uint8 images and int32 ids and characters, which are prepared batch by batch
    y: Array  # int32 (examples,) for classification, float32 (examples, outputs) for regression, float32
    #   (examples, labels) of 0 and 1 for multilabel, int32 like x for text; not used for reconstruction, whose targets
    #   are the inputs as a model is given them

    @property
    def examples(self) -> int:
        """The number of examples."""
        return int(self.y.shape[0])

    @property
    def inputs(self) -> dict[str, Array]:
        """The arrays of inputs by name. A single input is named ``x``."""
        return self.x if isinstance(self.x, dict) else {"x": self.x}


def prepare_nothing(x: Tensor, dtype: Any) -> Tensor:
    """Return inputs that need no preparation."""
    return x


def finish_nothing(x: Tensor) -> Tensor:
    """Return inputs that are ready after preparation."""
    return x


class Dataset(NamedTuple):
    """A data set with its fixed splits."""

    train: Split
    valid: Split | None  # for choosing and tuning; its replacement is test, or else train
    test: Split | None
    name: str
    kind: Kind
    classes: int  # 0 except for classification and sequences; for a sequence, the size of the vocabulary
    prepare: Callable[[Tensor, Any], Tensor] = prepare_nothing  # (x of a batch, dtype) -> the model's input
    augment: Augment | None = None  # augments a prepared batch at random in training
    finish: Callable[[Tensor], Tensor] = finish_nothing  # the last step before the model, in training and evaluation
    class_names: tuple[str, ...] = ()  # of the classes, in the order of their labels; () if they have none
    feature_names: tuple[str, ...] = ()  # of the columns of a single input (examples, features)
    ids: tuple[tuple[str, int], ...] = ()  # inputs that contain ids 0 .. count - 1 for an Embedding: (name, count)
    target_names: tuple[str, ...] = ()  # of the regression targets, or of the labels of multilabel
    target_offset: NDArray[np.float64] | None = None  # (outputs,): y * target_scale + target_offset is in the unit of
    target_scale: NDArray[np.float64] | None = None  # the target; None where y is in its unit already
    notes: tuple[str, ...] = ()  # how the data was read, in sentences: the task and why, what was left out
    drawn: tuple[str, ...] = ()  # the splits whose examples were drawn at random by the split seed
    identity: str = ""  # determines a run's numbers in addition to the bytes of the splits; part of the data's digest

    @property
    def is_empty(self) -> bool:
        """Whether the only example has no inputs, as for test functions. Every batch then consists of this example."""
        return not isinstance(self.train.x, dict) and self.train.x.shape == (1, 0)

    @property
    def splits(self) -> dict[str, Split]:
        """The existing splits, by name."""
        named = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: split for name, split in named.items() if split is not None}


def reconstruction(dataset: Dataset) -> Dataset:
    """Return a data set whose targets are its inputs. Its own targets are not removed.

    Raises:
        ConfigError: it has no inputs, several inputs, or ids instead of numbers.
    """
    several = isinstance(dataset.train.x, dict)
    if several or dataset.is_empty or dataset.kind == "sequence" or dataset.ids:
        has = "several inputs" if several else "none" if dataset.is_empty else "ids"
        raise ConfigError(
            f"A loss that compares outputs with inputs needs one input of numbers. Received: dataset={dataset.name}, "
            f"which has {has}. Take loss=auto."
        )
    return dataset._replace(
        kind="reconstruction", classes=0, class_names=(), target_names=(), target_offset=None, target_scale=None
    )


def check_labels(dataset: Dataset) -> None:
    """Raise ConfigError unless every label is a class of the data set, an integer from 0 on."""
    for name, split in dataset.splits.items():
        y = split.y
        if dataset.classes and (y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= dataset.classes):
            low, high = y.min(), y.max()
            raise ConfigError(
                f"Labels of dataset={dataset.name} must be whole numbers from 0 to {dataset.classes - 1}. "
                f"Received: {y.dtype} from {low:g} to {high:g} in its {name} split. Correct the data."
            )


def classification(
    x: Array,
    y: Array,
    *,
    name: str,
    split: HoldoutSplit,
    subset: Subset,
    standardize: bool,
    features: list[int] | None = None,
) -> Dataset:
    """Make a data set from inputs ``x`` and integer labels ``y``, with stratified splits.

    Args:
        x: numbers, (examples, ...).
        y: labels 0 .. classes - 1, (examples,).
        name: the data set's name.
        split: how examples are cut into splits.
        subset: how much of the splits is kept.
        standardize: subtract the mean and divide by the standard deviation of each feature of the training split.
        features: the columns of ``x`` to keep; None keeps all.

    Raises:
        ConfigError: a split would lack a class, or a feature does not exist.
    """
    rows = shuffle_rows(len(x), split, name, labels=y)
    rows = take_subset(rows, subset, name, labels=Rows(*(y[r] for r in rows)))
    x = select_features(x, features, name)
    x = standardize_columns(x, rows.train) if standardize else x
    train, valid, test = (Split(x[r].astype(np.float32), y[r].astype(np.int32)) for r in rows)
    return Dataset(train, valid, test, name, "classification", classes=int(y.max()) + 1, drawn=("valid", "test"))


def regression(
    x: Array,
    y: Array,
    *,
    name: str,
    split: HoldoutSplit,
    subset: Subset,
    standardize: bool,
    features: list[int] | None = None,
) -> Dataset:
    """Make a data set from inputs ``x`` and real targets ``y``, with random splits.

    Args:
        x: numbers, (examples, features).
        y: numbers, (examples,).
        name: the data set's name.
        split: how examples are cut into splits.
        subset: how much of the splits is kept.
        standardize: subtract the training split's mean and divide by its standard deviation, for each feature and for
            the targets; errors are then measured in this unit.
        features: the columns of ``x`` to keep; None keeps all.

    Raises:
        ConfigError: a split would be empty, or a feature does not exist.
    """
    rows = take_subset(shuffle_rows(len(x), split, name), subset, name)
    x, y = select_features(x, features, name), y[:, np.newaxis]
    offset, scale = column_units(y, rows.train) if standardize else (None, None)
    x, y = (standardize_columns(a, rows.train) if standardize else a for a in (x, y))
    train, valid, test = (Split(x[r].astype(np.float32), y[r].astype(np.float32)) for r in rows)
    dataset = Dataset(train, valid, test, name, "regression", classes=0, drawn=("valid", "test"))
    return dataset._replace(target_offset=offset, target_scale=scale)


def select_features(x: Array, features: list[int] | None, name: str) -> Array:
    """Select the columns ``features`` of ``x``, in their order.

    Raises:
        ConfigError: there is no such column, or no column is left.
    """
    if features is None:
        return x
    if not features or max(features) >= x.shape[1]:
        raise ConfigError(
            f"`dataset.features` must name columns of {name}, from 0 to {x.shape[1] - 1}. "
            f"Received: dataset.features={format_value(features)}."
        )
    return x[:, features]


def standardize_columns(x: Array, train: Array) -> Array:
    """Subtract the mean of ``x[train]`` from each feature and divide by its standard deviation there.

    A feature that is constant in the training split, such as a pixel that is always white, is only centered.
    """
    mean, scale = column_units(x, train)
    scaled: Array = (x - mean) / scale
    return scaled


def column_units(x: Array, train: Array) -> tuple[Any, Any]:
    """The mean of each column of ``x[train]`` and its standard deviation, 1 if a column is constant."""
    mean, deviation = x[train].mean(axis=0), x[train].std(axis=0)
    return mean, np.where(deviation > 0, deviation, 1.0)
