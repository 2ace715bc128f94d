"""A user's function: what it may return, and how it is called."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from optbench.datasets.user_data import from_any, from_arrays
from optbench.datasets.user_options import UserSplit
from tests.conftest import build_dataset
from tests.datasets.made_up_data import plane
from tests.datasets.user_files import table_frame

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = np.arange(60) % 3
EXPECTED = from_arrays(X, Y)


def tensors(x=X, y=Y):
    return tf.data.Dataset.from_tensor_slices((x, y))


SAME = {
    "a pair": (X, Y),
    "a list": [X, Y],
    "tensors": (tf.constant(X), tf.constant(Y)),
    "a Series": (X, pd.Series(Y)),
    "examples": tensors(),
    "batches": tensors().batch(7),
    "full batches": tensors().batch(6, drop_remainder=True),
    "a dict of train": {"train": (X, Y)},
}


@pytest.mark.parametrize("form", SAME)
def test_the_same_data_in_every_form_are_the_same_data_set(form):
    data = from_any(SAME[form])
    for ours, expected in zip(data.splits.values(), EXPECTED.splits.values(), strict=True):
        np.testing.assert_array_equal(ours.x, expected.x)
        np.testing.assert_array_equal(ours.y, expected.y)


SPLITS = {
    "a dict": {"train": (X[:40], Y[:40]), "test": (X[40:], Y[40:])},
    "as Keras has them": ((X[:40], Y[:40]), (X[40:], Y[40:])),
    "of tf.data": {"train": tensors(X[:40], Y[:40]).batch(8), "test": tensors(X[40:], Y[40:])},
}


@pytest.mark.parametrize("form", SPLITS)
def test_splits_that_are_given_are_kept(form):
    data = from_any(SPLITS[form], split=UserSplit(valid_fraction=0.0))
    np.testing.assert_array_equal(data.train.x, X[:40])
    np.testing.assert_array_equal(data.test.y, Y[40:])


def test_several_inputs_as_dicts_tuples_and_tensors():
    for given in (({"a": X, "b": X}, Y), ((X, X), Y), tensors({"a": X, "b": X}).batch(5)):
        assert [x.shape for x in from_any(given).train.x.values()] == [(36, 4)] * 2


def test_a_frame_is_read_as_a_table():
    frame = table_frame()
    data = from_any(frame, target="label")
    assert (data.kind, data.class_names) == ("classification", ("old", "young"))
    beside = from_any((frame.drop(columns="label"), frame["label"]))
    np.testing.assert_array_equal(data.train.x, beside.train.x)
    several = from_any((frame[["age", "city"]], frame[["price", "income"]]))
    assert several.target_names == ("price", "income")
    assert from_any((frame[["age", "city"]], np.eye(3)[np.arange(120) % 3])).classes == 3


def test_frames_of_several_splits_are_transformed_by_the_training_split():
    frame = table_frame()
    data = from_any({"train": frame[:80], "valid": frame[80:100], "test": frame[100:]}, target="price")
    assert [split.examples for split in data.splits.values()] == [80, 20, 20]
    assert data.train.y.mean() == pytest.approx(0, abs=1e-6)


def test_a_data_set_is_taken_as_it_is():
    given = plane(classes=2)
    assert from_any(given).train.x is given.train.x


def test_labels_as_texts_come_out_of_tensors():
    words = np.array(["no", "yes"])[Y % 2]
    assert from_any(tensors(X, words)).class_names == ("no", "yes")


def test_the_data_set_of_keras_utilities():
    data = keras.utils.timeseries_dataset_from_array(X, X[:, 0], sequence_length=5, batch_size=8)
    assert from_any(data, task="regression").train.x.shape[1:] == (5, 4)


def sized(rows=30):
    """A function with an argument."""
    return X[:rows], Y[:rows]


def test_a_function_is_called_with_its_keywords(tmp_path):
    data = build_dataset("function", tmp_path, load=f"{__name__}.sized", keywords={"rows": 45})
    assert sum(split.examples for split in data.splits.values()) == 45


def printing():
    """A function that prints and returns."""
    print("reading")
    return X, Y


def test_a_function_may_print(tmp_path):
    assert build_dataset("function", tmp_path, load=f"{__name__}.printing").classes == 3
