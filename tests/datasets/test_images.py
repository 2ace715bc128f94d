"""Users' images: folders of classes in folders of splits, sizes and channels."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import build_dataset
from tests.datasets.user_files import KINDS, write_images

SIZE = [8, 8]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos")
    write_images(path)
    return path


def build(folder, **values):
    return build_dataset("images", folder, **{"path": str(folder), "size": SIZE, **values})


def test_folders_are_classes_and_pixels_bytes(folder):
    data = build(folder)
    assert data.class_names == tuple(sorted(KINDS))
    assert data.notes == ("The folders are 3 classes (blue, green, red).",)
    assert data.train.x.shape == (12, 8, 8, 3)
    assert data.train.x.dtype == np.uint8
    for image, label in zip(data.train.x, data.train.y, strict=True):
        brightest = KINDS[int(image.mean(axis=(0, 1)).argmax())]
        assert brightest == data.class_names[label]
    assert np.max(data.prepare(tf.constant(data.train.x), "float32")) <= 1.0


def test_the_folders_above_the_classes_are_splits(tmp_path):
    for part, count in (("train", 8), ("val", 2), ("test", 3)):
        write_images(tmp_path / part, count)
    data = build(tmp_path)
    assert {name: split.examples for name, split in data.splits.items()} == {"train": 24, "valid": 6, "test": 9}


def test_gray_images_have_one_channel(folder):
    assert build(folder, channels=1).train.x.shape == (12, 8, 8, 1)


def test_a_larger_image_is_reduced_to_the_mean_of_its_pixels(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for i in range(3):
            pixels = np.full((4, 4, 3), 10 * i, np.uint8)
            pixels[::2] += 100
            (tmp_path / label / f"{i}.png").write_bytes(tf.io.encode_png(pixels).numpy())
    data = build(tmp_path, size=[2, 2], valid_fraction=0.0, test_fraction=0.0)
    assert set(data.train.x.ravel()) == {50, 60, 70}


def test_images_of_one_size_need_no_size(tmp_path):
    write_images(tmp_path, sides=((6, 5),))
    assert build(tmp_path, size=None).train.x.shape[1:] == (6, 5, 3)


def test_pixels_are_standardized_as_those_of_published_images(folder):
    data = build(folder, standardize=True)
    seen = np.asarray(data.prepare(tf.constant(data.train.x), tf.float64))
    np.testing.assert_allclose(seen.mean(axis=(0, 1, 2)), 0, atol=1e-9)
    each = build(folder, standardize="per_image")
    seen = each.finish(each.prepare(tf.constant(each.train.x), tf.float64))
    np.testing.assert_allclose(np.mean(seen, axis=(1, 2, 3)), 0, atol=1e-9)


def test_files_that_are_no_images_are_counted(tmp_path):
    write_images(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".hidden").mkdir()
    assert any(note.startswith("Not read: 1 file, such as notes.txt") for note in build(tmp_path).notes)
