"""Data sets of published images: the test set is the published one, and pixels stay bytes until a batch is taken."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.parameters import format_value
from optbench.datasets._archive import Fetch, ImageSpec, load_archive
from optbench.datasets._augmentation import AugmentName, find_augmentation
from optbench.datasets.base import Dataset, Split, finish_nothing
from optbench.datasets.splits import Rows, Subset, ValidationSplit, split_training_set, take_subset
from optbench.errors import ConfigError

Tensor = Any
Standardize: TypeAlias = bool | Literal["per_image"]
CHUNK = 1000  # number of images that are squared at a time


def published_images(
    spec: ImageSpec,
    fetch: Fetch,
    data_dir: str | None,
    *,
    split: ValidationSplit,
    subset: Subset,
    standardize: Standardize,
    augment: AugmentName,
) -> Dataset:
    """Make a published data set of images, uint8 (examples, height, width, channels).

    Args:
        spec: name, shape and classes.
        fetch: downloads the arrays.
        data_dir: the folder of data sets. None is the user's cache directory.
        split: how a validation split is taken from the published training set.
        subset: how much of the splits is kept.
        standardize: True standardizes each channel with the training split's mean and standard deviation; ``per_image``
            standardizes each image separately, after augmentation; otherwise, pixels are divided by 255.
        augment: the random augmentation of training batches.

    Raises:
        ConfigError: the images are not on disk and cannot be downloaded, their file is invalid, a split would lack a
            class, or the augmentation is not applicable.
    """
    check_augmentation(augment, spec, standardize)
    arrays = load_archive(spec, fetch, data_dir)
    y_train, y_test = (arrays[key].reshape(-1).astype(np.int32) for key in ("y_train", "y_test"))
    train_rows, valid_rows = split_training_set(y_train, split, spec.name)
    rows = Rows(train_rows, valid_rows, np.arange(len(y_test)))
    labels = Rows(y_train[rows.train], y_train[rows.valid], y_test)
    rows = take_subset(rows, subset, spec.name, labels)
    train, valid = (Split(add_channel_axis(arrays["x_train"], spec)[r], y_train[r]) for r in (rows.train, rows.valid))
    test = Split(add_channel_axis(arrays["x_test"], spec)[rows.test], y_test[rows.test])
    finish = standardize_each_image if standardize == "per_image" else finish_nothing
    return Dataset(
        train=train,
        valid=valid if len(valid.y) else None,
        test=test,
        name=spec.name,
        kind="classification",
        classes=spec.classes,
        prepare=make_scaling(*pixel_scale(train.x, standardize)),
        augment=find_augmentation(augment),
        finish=finish,
        drawn=("valid",) if len(valid.y) else (),
    )


def check_augmentation(augment: AugmentName, spec: ImageSpec, standardize: Standardize) -> None:
    """Raise unless the augmentation is applicable: ``distort`` changes colors, on the scale of 0 to 255."""
    if augment != "distort":
        return
    if spec.image[2:] != (3,):
        raise ConfigError(
            f"`dataset.augment=distort` changes colors. Received: dataset={spec.name}, which is gray. Take crop_flip."
        )
    if standardize != "per_image":
        raise ConfigError(
            "`dataset.augment=distort` works on pixels from 0 to 255, which are standardized afterwards. "
            f"Received: dataset.standardize={format_value(standardize)}. Take per_image."
        )


def pixel_scale(x: NDArray[Any], standardize: Standardize) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the offset and the divisor of each channel of a batch, which are applied before augmentation."""
    if standardize is True:
        return channel_statistics(x)
    channels = x.shape[-1]
    return np.zeros(channels), np.full(channels, 1.0 if standardize == "per_image" else 255.0)


def standardize_each_image(x: Tensor) -> Tensor:
    """Subtract the mean of each image and divide by its standard deviation, or by 1 / sqrt(numbers) if that is larger.

    Source: TensorFlow's ``tf.image.per_image_standardization``, which cannot be vectorized over lanes.
    """
    mean = tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    centered = x - mean
    deviation = tf.sqrt(tf.reduce_mean(tf.square(centered), axis=(1, 2, 3), keepdims=True))
    return centered / tf.maximum(deviation, float(np.prod(x.shape[1:])) ** -0.5)


def add_channel_axis(x: NDArray[Any], spec: ImageSpec) -> NDArray[Any]:
    """Add the missing channel axis of gray images."""
    return x if len(spec.image) == 3 else x[..., np.newaxis]


def channel_statistics(x: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and standard deviation of each channel of ``x``, from exact sums; 1 for constant channels."""
    total = squares = np.zeros(x.shape[-1], np.int64)
    for first in range(0, len(x), CHUNK):
        values = x[first : first + CHUNK].astype(np.int64)
        total = total + values.sum(axis=(0, 1, 2))
        squares = squares + np.square(values).sum(axis=(0, 1, 2))
    count = x.size // x.shape[-1]
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    return mean, np.where(deviation > 0, deviation, 1.0)


def make_scaling(mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> Callable[[Tensor, Any], Tensor]:
    """Return a function that subtracts ``mean`` from pixels and divides by ``deviation``, for each channel."""

    def prepare(x: Tensor, dtype: Any) -> Tensor:
        return (tf.cast(x, dtype) - tf.constant(mean, dtype)) / tf.constant(deviation, dtype)

    return prepare
