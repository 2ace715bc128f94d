"""Data sets as tensors: what batches are gathered from, and what metrics are taken on."""

import hashlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from optbench.datasets.base import Dataset, Split
from optbench.errors import ConfigError
from optbench.spec.run import ProblemConfig as ProblemConfig

EVALUATED_TRAIN_EXAMPLES = 10_000  # the fixed subset on which training metrics are taken


class DeviceData(NamedTuple):
    """A data set as tensors: what batches are gathered from, and what metrics are taken on."""

    train: Split
    evaluated: dict[str, Split]  # by split; of a long training split only a fixed subset


def keep_whole_batches(data: DeviceData, batch_size: int, dataset: Dataset) -> DeviceData:
    """``data`` whose metrics leave out what does not fill a batch; ConfigError where a split has no whole batch."""
    sizes = {name: len(split.y) // batch_size * batch_size for name, split in data.evaluated.items()}
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise ConfigError(
            f"`eval.drop_last` leaves nothing of {dataset.name}'s {empty[0]} split, which is smaller than a batch. "
            f"Received: batch_size={batch_size}. Take a smaller one, or eval.drop_last=false."
        )
    kept = {name: Split(*(t[: sizes[name]] for t in split)) for name, split in data.evaluated.items()}
    return DeviceData(data.train, kept)


def copy_to_device(dataset: Dataset, precision: str) -> DeviceData:
    """Copy ``dataset`` to the device, its real numbers in ``precision``."""

    def tensors(split: Split) -> Split:
        return Split(*(tf.constant(a.astype(precision) if a.dtype.kind == "f" else a) for a in split))

    splits = {name: tensors(split) for name, split in dataset.splits.items()}
    looked_at = Split(*(t[:EVALUATED_TRAIN_EXAMPLES] for t in splits["train"]))
    return DeviceData(splits["train"], {**splits, "train": looked_at})


def share_device_memory(dataset: Dataset, data: DeviceData) -> Dataset:
    """``dataset`` with the tensors' memory in place of its own: where the device is a CPU, each byte is held once."""
    there = {**data.evaluated, "train": data.train}
    seen = {name: Split(*map(np.asarray, there[name])) for name in dataset.splits}
    return dataset._replace(train=seen["train"], valid=seen.get("valid"), test=seen.get("test"))


def data_digest(dataset: Dataset) -> str:
    """A hash of the bytes of every split."""
    text = hashlib.sha256()
    for split in dataset.splits.values():
        for array in split:
            text.update(np.ascontiguousarray(array).data)
    return text.hexdigest()[:16]
