"""Data sets of published images: the test set stays the published one, and pixels stay bytes until a batch is taken."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.config.parameters import format_value
from optbench.datasets._archive import Fetch, Form, kept
from optbench.datasets._augmentation import AugmentName, augmentation
from optbench.datasets._splits import Look, Rows, cut_off, looked_at
from optbench.datasets.base import Dataset, Split, as_prepared
from optbench.errors import ConfigError

Tensor = Any
Standardize: TypeAlias = bool | Literal["per_image"]
CHUNK = 1000  # images whose squares are held at once


def published(
    form: Form,
    fetch: Fetch,
    data_dir: str | None,
    *,
    valid_fraction: float,
    split_seed: int,
    look: Look,
    standardize: Standardize,
    augment: AugmentName,
) -> Dataset:
    """A published data set of images, uint8 (examples, height, width, channels).

    Args:
        form: name, shape and classes.
        fetch: gets the arrays from where they are published.
        data_dir: where data sets are kept; None is the user's cache directory.
        valid_fraction: share of the published training set that chooses and tunes, in [0, 1). With 0 all is trained
            on, and there is no validation split.
        split_seed: which examples go there; stratified.
        look: how much of the splits is looked at.
        standardize: take each channel's mean and standard deviation from the training split, or those of each image
            (``per_image``), once it is augmented; otherwise pixels are divided by 255.
        augment: how training batches are changed at random.

    Raises:
        ConfigError: the images are neither here nor to be fetched, their file is not what it should be, a split
            would lack a class, or they cannot be augmented so.
    """
    check_augmentation(augment, form, standardize)
    arrays = kept(form, fetch, data_dir)
    y_train, y_test = (arrays[key].reshape(-1).astype(np.int32) for key in ("y_train", "y_test"))
    train_rows, valid_rows = cut_off(y_train, valid_fraction, split_seed, form.name)
    rows = Rows(train_rows, valid_rows, np.arange(len(y_test)))
    labels = Rows(y_train[rows.train], y_train[rows.valid], y_test)
    rows = looked_at(rows, look, form.name, labels)
    train, valid = (Split(with_channels(arrays["x_train"], form)[r], y_train[r]) for r in (rows.train, rows.valid))
    test = Split(with_channels(arrays["x_test"], form)[rows.test], y_test[rows.test])
    finish = standardized_each if standardize == "per_image" else as_prepared
    return Dataset(
        train=train,
        valid=valid if len(valid.y) else None,
        test=test,
        name=form.name,
        kind="classification",
        classes=form.classes,
        prepare=scaled_by(*scale_of(train.x, standardize)),
        augment=augmentation(augment),
        finish=finish,
    )


def check_augmentation(augment: AugmentName, form: Form, standardize: Standardize) -> None:
    """Raise unless images can be augmented so: ``distort`` changes colours, on the scale of 0 to 255."""
    if augment != "distort":
        return
    if form.image[2:] != (3,):
        raise ConfigError(
            f"`dataset.augment=distort` changes colours. Received: dataset={form.name}, which is grey. Take crop_flip."
        )
    if standardize != "per_image":
        raise ConfigError(
            "`dataset.augment=distort` works on pixels from 0 to 255, to be standardised afterwards. "
            f"Received: dataset.standardize={format_value(standardize)}. Take per_image."
        )


def scale_of(x: NDArray[Any], standardize: Standardize) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is taken from each channel of a batch, and what it is divided by, before it is augmented."""
    if standardize is True:
        return channel_statistics(x)
    channels = x.shape[-1]
    return np.zeros(channels), np.full(channels, 1.0 if standardize == "per_image" else 255.0)


def standardized_each(x: Tensor) -> Tensor:
    """Each image less its mean, over its standard deviation, or over 1 / sqrt(numbers) where that is larger.

    Source: TensorFlow's ``tf.image.per_image_standardization``, which is not vectorised over lanes.
    """
    mean = tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    away = x - mean
    deviation = tf.sqrt(tf.reduce_mean(tf.square(away), axis=(1, 2, 3), keepdims=True))
    return away / tf.maximum(deviation, float(np.prod(x.shape[1:])) ** -0.5)


def with_channels(x: NDArray[Any], form: Form) -> NDArray[Any]:
    """Images with an axis of channels, which grey ones lack."""
    return x if len(form.image) == 3 else x[..., np.newaxis]


def channel_statistics(x: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each channel of ``x``, from exact sums; 1 where a channel never varies."""
    total = squares = np.zeros(x.shape[-1], np.int64)
    for first in range(0, len(x), CHUNK):
        values = x[first : first + CHUNK].astype(np.int64)
        total = total + values.sum(axis=(0, 1, 2))
        squares = squares + np.square(values).sum(axis=(0, 1, 2))
    count = x.size // x.shape[-1]
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    return mean, np.where(deviation > 0, deviation, 1.0)


def scaled_by(mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> Callable[[Tensor, Any], Tensor]:
    """What makes numbers of pixels, on the device: less ``mean`` and over ``deviation``, channel by channel."""

    def prepare(x: Tensor, dtype: Any) -> Tensor:
        return (tf.cast(x, dtype) - tf.constant(mean, dtype)) / tf.constant(deviation, dtype)

    return prepare
