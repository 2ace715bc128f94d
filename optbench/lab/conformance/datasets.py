"""The contract of data sets, as checks that users can run on their own data.

for check in DATASET_CHECKS:
    check(subject)          raises Violation, with what was observed, if the data set violates the contract
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from optbench.config.build import check, make
from optbench.config.items import item_names, read_item, read_yaml
from optbench.config.parameters import TARGET, Node, unknown_name
from optbench.datasets._checks import check_parts
from optbench.datasets._finite import check_finite
from optbench.datasets.base import Dataset, Split, check_labels
from optbench.errors import ConfigError
from optbench.lab.conformance.checks import Violation
from optbench.lab.rules import search_working_directory
from optbench.problem.built import CONTEXT
from optbench.problem.device_data import data_digest

ALLOWED_OVERLAP = 0.1  # of a split, beyond the share of duplicates within the training split
BATCH = 32


@dataclass(frozen=True)
class DatasetSubject:
    """A data set under examination: its checked node, from which it can be made repeatedly."""

    node: Node

    def make(self) -> Dataset:
        """Make the data set again."""
        made = make(self.node, data_dir=None, memory_limit=None)
        if not isinstance(made, Dataset):
            raise Violation(f"{self.node[TARGET]} returned {type(made).__name__}, which is not a Dataset.")
        return made

    @cached_property
    def dataset(self) -> Dataset:
        """The data set, made once."""
        return self.make()


def dataset_subject(name: str) -> DatasetSubject:
    """A data set by name: an item of ``conf/dataset``, a YAML file, or a dotted path.

    A dotted path is a function that returns data in any of the forms of ``dataset=function``.

    Raises:
        ConfigError: there is no such data set.
    """
    search_working_directory()
    if name.endswith(".yaml"):
        node = read_yaml(Path(name))
    elif "." in name:
        node = {TARGET: "optbench.datasets.function.function", "load": name}
    elif name in item_names("dataset"):
        node = read_item("dataset", name)
    else:
        raise ConfigError(unknown_name(f"`dataset={name}`", name, item_names("dataset")))
    return DatasetSubject(check(node, "dataset", CONTEXT["dataset"]))


def has_arrays_that_fit(subject: DatasetSubject) -> None:
    """Each split has NumPy arrays of inputs and targets of equal length, whose examples have the same shape."""
    refuse(check_parts, subject.dataset)


def has_labels_in_range(subject: DatasetSubject) -> None:
    """Labels are integers from 0 to the number of classes minus 1."""
    refuse(check_labels, subject.dataset)


def has_finite_numbers(subject: DatasetSubject) -> None:
    """No input and no target is missing or infinite."""
    refuse(check_finite, subject.dataset)


def trains_on_each_class(subject: DatasetSubject) -> None:
    """Each class occurs in the training split."""
    dataset = subject.dataset
    missing = np.setdiff1d(np.arange(dataset.classes), dataset.train.y)
    if dataset.classes and len(missing):
        names = [dataset.class_names[c] if dataset.class_names else str(c) for c in missing[:5]]
        raise Violation(f"No training example has the class {', '.join(names)}.")


def is_made_the_same_again(subject: DatasetSubject) -> None:
    """Making it a second time gives the same bytes, regardless of random numbers drawn in between."""
    first = data_digest(subject.dataset)
    state = np.random.get_state()  # noqa: NPY002 - the global state is what a careless function draws from
    try:
        np.random.seed(12345)  # noqa: NPY002
        second = data_digest(subject.make())
    finally:
        np.random.set_state(state)  # noqa: NPY002
    if first != second:
        raise Violation(f"The digest of its data was {first} and is {second} the second time.")


def has_disjoint_splits(subject: DatasetSubject) -> None:
    """The examples of a split are not copies of training examples, as far as can be determined."""
    dataset = subject.dataset
    trained = Counter(example_hashes(dataset.train))
    repeated = sum(count for count in trained.values() if count > 1) / dataset.train.examples
    for name, split in dataset.splits.items():
        if name == "train" or dataset.is_empty:
            continue
        found = example_hashes(split)
        share = sum(h in trained for h in found) / len(found)
        if share > repeated + ALLOWED_OVERLAP:
            raise Violation(f"{share:.0%} of the examples in {name} are training examples too.")


def prepares_batches(subject: DatasetSubject) -> None:
    """A prepared batch has the examples of the batch and finite numbers, in float32 and in float64."""
    dataset = subject.dataset
    count = min(BATCH, dataset.train.examples)
    batch = tf.nest.map_structure(lambda a: tf.constant(a[:count]), dataset.train.x)
    for dtype in ("float32", "float64"):
        x = tf.nest.map_structure(lambda t, d=dtype: tf.cast(t, d) if t.dtype.is_floating else t, batch)
        for tensor in tf.nest.flatten(dataset.finish(dataset.prepare(x, dtype))):
            if tensor.shape[0] != count:
                raise Violation(f"A batch of {count} examples is prepared to {tensor.shape[0]}.")
            if tensor.dtype.is_floating and not bool(tf.reduce_all(tf.math.is_finite(tensor))):
                raise Violation(f"A prepared batch has numbers that are not finite, in {dtype}.")
            if tensor.dtype.is_floating and tensor.dtype != dtype:
                raise Violation(f"A batch is prepared to {tensor.dtype.name}, but {dtype} is requested.")


def refuse(check_dataset: Callable[[Dataset], Any], dataset: Dataset) -> None:
    """Run a check of data sets; a rejection is a violation."""
    try:
        check_dataset(dataset)
    except ConfigError as error:
        raise Violation(str(error)) from None


def example_hashes(split: Split) -> list[bytes]:
    """A hash of each example with its target."""
    arrays = [np.ascontiguousarray(a).reshape(split.examples, -1) for a in (*split.inputs.values(), split.y)]
    rows = zip(*arrays, strict=True)
    return [hashlib.blake2b(b"".join(a.tobytes() for a in row), digest_size=16).digest() for row in rows]


DATASET_CHECKS: tuple[Callable[[DatasetSubject], None], ...] = (
    has_arrays_that_fit,
    has_labels_in_range,
    has_finite_numbers,
    trains_on_each_class,
    is_made_the_same_again,
    has_disjoint_splits,
    prepares_batches,
)
