"""Users' arrays: files, several inputs, given splits, scales and tasks."""

import numpy as np
import pytest
import tensorflow as tf

from optbench.datasets.user_data import from_arrays
from tests.conftest import build_dataset

GENERATOR = np.random.default_rng(0)
X, Y = GENERATOR.normal(size=(60, 4)), np.arange(60) % 3


def build(folder, arrays, **values):
    np.savez(folder / "data.npz", **arrays)
    return build_dataset("arrays", folder, path=str(folder / "data.npz"), **values)


def test_x_and_y_are_cut_into_stratified_splits(tmp_path):
    data = build(tmp_path, {"x": X, "y": Y})
    assert [split.examples for split in data.splits.values()] == [36, 12, 12]
    assert all(set(split.y) == {0, 1, 2} for split in data.splits.values())
    together = np.concatenate([split.x for split in data.splits.values()])
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(X.astype(np.float32), axis=0))


def test_splits_that_are_given_are_kept_and_a_missing_validation_split_is_cut_off_train(tmp_path):
    parts = {"x_train": X[:40], "y_train": Y[:40], "x_test": X[40:], "y_test": Y[40:]}
    data = build(tmp_path, parts)
    np.testing.assert_array_equal(data.test.x, X[40:].astype(np.float32))
    assert (data.train.examples, data.valid.examples) == (31, 9)
    with_valid = build(tmp_path, {**parts, "x_val": X[:10], "y_val": Y[:10], "ids": np.arange(3)})
    np.testing.assert_array_equal(with_valid.valid.x, X[:10].astype(np.float32))
    assert any("not used: ids" in note for note in with_valid.notes)


def test_several_inputs_are_named_in_the_file(tmp_path):
    data = build(tmp_path, {"x_left": X, "x_right": X[:, :2], "y": Y})
    assert {name: x.shape for name, x in data.train.x.items()} == {"left": (36, 4), "right": (36, 2)}
    parts = {f"{name}_{part}": a for part in ("train", "test") for name, a in (("x", X), ("y", Y))}
    parts |= {"x_train_b": X, "x_test_b": X, "x_train_a": X, "x_test_a": X}
    del parts["x_train"], parts["x_test"]
    assert list(build(tmp_path, parts).train.x) == ["b", "a"]


def test_npy_files_of_inputs_and_targets(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    data = build_dataset("arrays", tmp_path, path=str(tmp_path / "x.npy"), y_path=str(tmp_path / "y.npy"))
    assert data.classes == 3


TASKS = {
    "labels from 1": (Y + 1, "classification", 3, ("1", "2", "3")),
    "minus and plus one": (np.where(Y > 0, 1, -1), "classification", 2, ("-1", "1")),
    "texts": (np.array(["no", "yes"])[Y % 2], "classification", 2, ("no", "yes")),
    "a column of labels": (Y[:, np.newaxis], "classification", 3, ("0", "1", "2")),
    "one-hot": (np.eye(3)[Y], "classification", 3, ("0", "1", "2")),
    "multilabel": (np.eye(3)[Y] + np.eye(3)[(Y + 1) % 3], "multilabel", 0, ()),
    "numbers": (X[:, 0], "regression", 0, ()),
    "rows of numbers": (X[:, :2], "regression", 0, ()),
}


@pytest.mark.parametrize("kind", TASKS)
def test_the_task_follows_from_the_targets(kind):
    y, task, classes, names = TASKS[kind]
    data = from_arrays(X, y)
    assert (data.kind, data.classes, data.class_names) == (task, classes, names)
    assert data.train.y.dtype == (np.int32 if classes else np.float32)
    assert data.notes


def test_inputs_are_taken_as_they_are_unless_scale_says_otherwise():
    wide = X * [1, 10, 1000, 1]
    np.testing.assert_allclose(from_arrays(wide, Y).train.x.max(), wide.astype(np.float32).max(), rtol=0.5)
    assert any("dataset.scale=standardize" in note for note in from_arrays(wide, Y).notes)
    scaled = from_arrays(wide, Y, scale="standardize").train.x
    np.testing.assert_allclose([scaled.mean(axis=0), scaled.std(axis=0)], [[0] * 4, [1] * 4], atol=1e-5)


@pytest.mark.parametrize(("scale", "shape", "largest"), [("auto", (8, 8, 1), 1.0), ("none", (8, 8), 255.0)])
def test_images_of_bytes_are_divided_by_255_in_the_batch(scale, shape, largest):
    images = GENERATOR.integers(0, 256, (60, 8, 8), np.uint8)
    images[:, 0, 0] = 255
    data = from_arrays(images, Y, scale=scale)
    assert data.train.x.dtype == np.uint8
    assert data.train.x.shape[1:] == shape
    seen = data.prepare(tf.constant(data.train.x), "float32")
    assert seen.dtype == "float32"
    assert np.max(seen) == largest


def test_whole_numbers_are_exact_and_become_numbers_in_the_batch():
    ids = GENERATOR.integers(0, 2**24, (60, 5))
    data = from_arrays(ids, Y)
    assert data.train.x.dtype == np.int32
    seen = np.asarray(data.prepare(tf.constant(data.train.x), "float32"))
    np.testing.assert_array_equal(seen.astype(int), data.train.x)


def test_a_standardized_target_keeps_its_unit():
    y = 1000 + 50 * X[:, 0]
    data = from_arrays(X, y, standardize_target=True)
    assert data.train.y.std() == pytest.approx(1, abs=1e-5)
    back = data.test.y[:, 0] * data.target_scale[0] + data.target_offset[0]
    assert set(np.round(back, 2)) <= set(np.round(y, 2)) | set(np.round(y.astype(np.float32), 2))


def test_a_tuple_of_inputs_is_numbered():
    assert list(from_arrays((X, X), Y).train.x) == ["input_0", "input_1"]


def test_a_subset_keeps_each_class(tmp_path):
    data = build(tmp_path, {"x": X, "y": Y}, limit=9)
    assert [split.examples for split in data.splits.values()] == [9, 3, 3]


def test_shape_type_and_unit_are_part_of_the_identity():
    images = GENERATOR.integers(0, 256, (60, 16), np.uint8)
    flat, square = (from_arrays(images.reshape(shape), Y, scale="none") for shape in ((60, 16), (60, 4, 4)))
    assert flat.train.x.tobytes() == square.train.x.tobytes()
    assert flat.identity != square.identity
    dollars, cents = (from_arrays(X, unit * X[:, 0], standardize_target=True) for unit in (1.0, 128.0))
    np.testing.assert_array_equal(dollars.train.y, cents.train.y)
    assert dollars.identity != cents.identity
