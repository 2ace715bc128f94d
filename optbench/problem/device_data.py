"""Data sets as tensors, from which batches are gathered and on which metrics are computed."""

import hashlib
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from optbench.datasets.base import Dataset, Split
from optbench.errors import ConfigError
from optbench.spec.run import ProblemConfig as ProblemConfig

EVALUATED_TRAIN_EXAMPLES = 10_000  # size of the fixed subset on which training metrics are computed


class DeviceData(NamedTuple):
    """A data set as tensors, from which batches are gathered and on which metrics are computed."""

    train: Split
    evaluated: dict[str, Split]  # by split; for a long training split, a fixed subset


def keep_whole_batches(data: DeviceData, batch_size: int, dataset: Dataset) -> DeviceData:
    """Restrict metrics to whole batches; ConfigError if a split has no whole batch."""
    sizes = {name: split.examples // batch_size * batch_size for name, split in data.evaluated.items()}
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise ConfigError(
            f"`eval.drop_last` leaves nothing of {dataset.name}'s {empty[0]} split, which is smaller than a batch. "
            f"Received: batch_size={batch_size}. Take a smaller one, or eval.drop_last=false."
        )
    kept = {name: first_examples(split, sizes[name]) for name, split in data.evaluated.items()}
    return DeviceData(data.train, kept)


def first_examples(split: Split, count: int) -> Split:
    """The first ``count`` examples of a split."""
    first: Split = tf.nest.map_structure(lambda t: t[:count], split)
    return first


def copy_to_device(dataset: Dataset, precision: str) -> DeviceData:
    """Copy ``dataset`` to the device, with real numbers in ``precision``."""

    def tensor(array: NDArray[Any]) -> Any:
        return tf.constant(array.astype(precision) if array.dtype.kind == "f" else array)

    splits = {name: tf.nest.map_structure(tensor, split) for name, split in dataset.splits.items()}
    looked_at = first_examples(splits["train"], EVALUATED_TRAIN_EXAMPLES)
    return DeviceData(splits["train"], {**splits, "train": looked_at})


def share_device_memory(dataset: Dataset, data: DeviceData) -> Dataset:
    """Return ``dataset`` backed by the memory of the tensors, so that a CPU device holds each byte only once."""
    there = {**data.evaluated, "train": data.train}
    seen = {name: tf.nest.map_structure(np.asarray, there[name]) for name in dataset.splits}
    return dataset._replace(train=seen["train"], valid=seen.get("valid"), test=seen.get("test"))


def data_digest(dataset: Dataset) -> str:
    """A hash of the bytes of every split, the names of multiple inputs, and other data that the data set provides."""
    text = hashlib.sha256(dataset.identity.encode())
    for split in dataset.splits.values():
        if isinstance(split.x, dict):
            text.update(repr(list(split.x)).encode())
        for array in (*split.inputs.values(), split.y):
            text.update(np.ascontiguousarray(array).data)
    return text.hexdigest()[:16]
