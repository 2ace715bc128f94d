"""Functions with typical user errors, each of which must cause one error line."""

import sys

import numpy as np
import pandas as pd
import tensorflow as tf

from optbench.datasets.base import Dataset, Split

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = np.arange(60) % 3


def nothing():
    """Prints and forgets to return."""
    print(X, Y)


def raises():
    """Reads what is not there."""
    return {}["data"]


def exits():
    """Ends the program."""
    sys.exit(3)


def needs(rows):
    """Has an argument without a default."""
    return X[:rows], Y[:rows]


def inputs_alone():
    """Returns no targets."""
    return X


def three():
    """Returns three arrays."""
    return X, Y, X


def a_text():
    """Returns a text."""
    return "data.csv"


def other_splits():
    """Returns splits under names of its own."""
    return {"first": (X, Y), "second": (X, Y)}


def inputs_by_name():
    """Returns the arrays by name, without splits."""
    return {"x": X, "y": Y}


def forever():
    """Returns data that repeat."""
    return tf.data.Dataset.from_tensor_slices((X, Y)).repeat()


def without_targets():
    """Returns tensors without targets."""
    return tf.data.Dataset.from_tensor_slices(X)


def no_elements():
    """Returns an empty data set of tensors."""
    return tf.data.Dataset.from_tensor_slices((X, Y)).take(0)


def of_several_lengths():
    """Returns examples of several lengths."""
    spec = (tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32))
    return tf.data.Dataset.from_generator(lambda: (([0.0] * n, 0) for n in (2, 3)), output_signature=spec)


def fails_in_the_middle():
    """Returns tensors whose generator raises."""

    def generator():
        yield X[0], 0
        raise ValueError("no more")

    spec = (tf.TensorSpec([4], tf.float32), tf.TensorSpec([], tf.int32))
    return tf.data.Dataset.from_generator(generator, output_signature=spec)


def large():
    """Returns more than a small memory takes."""
    return tf.data.Dataset.from_tensors((tf.zeros([256, 256]), 0)).repeat(64)


def frame_without_target():
    """Returns a table, whose target the configuration must name."""
    return pd.DataFrame({"a": X[:, 0], "label": Y})


def frames_and_arrays():
    """Returns the splits in two forms."""
    return {"train": frame_without_target(), "test": (X, Y)}


def other_columns():
    """Returns tables with different columns."""
    return {"train": frame_without_target(), "test": frame_without_target().rename(columns={"a": "b"})}


def other_shapes():
    """Returns splits of different examples."""
    return {"train": (X, Y), "test": (X[:, :2], Y)}


def other_inputs():
    """Returns splits with different inputs."""
    return {"train": ({"a": X}, Y), "test": ({"b": X}, Y)}


def unseen_class():
    """Returns a class that is not trained on."""
    return {"train": (X[:40], Y[:40]), "valid": (X[:20], Y[:20]), "test": (X[40:], np.full(20, 7))}


def dataset_of(x, y, kind="classification", classes=3):
    """A data set of ours with these arrays."""
    return Dataset(Split(x, y), None, None, "mine", kind, classes)


def one_hot_in_ours():
    """Returns a data set of ours with one-hot labels."""
    return dataset_of(X, np.eye(3)[Y])


def flat_targets_in_ours():
    """Returns a data set of ours with flat targets of a regression."""
    return dataset_of(X, Y.astype(np.float32), "regression", 0)


def tensors_in_ours():
    """Returns a data set of ours that holds tensors."""
    return dataset_of(tf.constant(X), Y)


def lengths_in_ours():
    """Returns a data set of ours with too few labels."""
    return dataset_of(X, Y[:50])


def odd_kind_in_ours():
    """Returns a data set of ours of a kind that does not exist."""
    return dataset_of(X, Y, "ranking")


def labels_in_ours():
    """Returns a data set of ours whose labels are out of range."""
    return dataset_of(X, Y + 1)


def gaps_in_ours():
    """Returns a data set of ours with missing numbers in a column that has a name."""
    x = X.copy()
    x[7:20, 2] = np.nan
    return dataset_of(x, Y)._replace(feature_names=("a", "b", "age", "d"))


NO_FUNCTION = 3
