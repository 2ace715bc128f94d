"""Wrong input that is found while a problem is built or a study begins: one line each, and nothing is left behind."""

import numpy as np
import pytest

from optbench.datasets.base import Dataset, Split, check_labels
from optbench.errors import ConfigError
from optbench.models.base import Inputs, check_image
from tests.commands import optbench_command
from tests.conftest import build_dataset, stand_in
from tests.study.test_study import job, study

X = np.zeros((4, 2), np.float32)


def labelled(*labels, kind="classification", dtype=np.int32):
    """A data set with these labels in its test split."""
    good = Split(X, np.array([0, 1, 2, 0], np.int32))
    return Dataset(good, good, Split(X, np.array(labels, dtype)), "mine", kind, classes=3)


@pytest.mark.parametrize(
    ("labels", "dtype", "received"),
    [
        ((0, 1, 2, 3), np.int32, "int32 from 0 to 3"),
        ((0, -1, 2, 1), np.int32, "int32 from -1 to 2"),
        ((0, 1, 2, 0.5), np.float32, "float32 from 0 to 2"),
    ],
)
@pytest.mark.parametrize("kind", ["classification", "sequence"])
def test_labels_out_of_range_are_one_line(labels, dtype, received, kind):
    with pytest.raises(ConfigError) as error:
        check_labels(labelled(*labels, kind=kind, dtype=dtype))
    assert str(error.value) == (
        f"Labels of dataset=mine must be whole numbers from 0 to 2. Received: {received} in its test split. "
        "Correct the data."
    )


def test_labels_in_range_and_targets_that_are_no_labels_are_taken(build):
    check_labels(labelled(0, 1, 2, 2))
    check_labels(build("diabetes"))


@pytest.fixture
def build(stand_ins):
    return lambda name: build_dataset(name, stand_ins)


def test_labels_are_checked_where_a_problem_is_built(tmp_path):
    one = job(tmp_path)
    one.config["dataset"] = {"_target_": "tests.study.test_wrong_input.off_by_one"}
    refused(tmp_path, one, "Labels of dataset=mine must be whole numbers from 0 to 2. Received: int32 from 1 to 3")


def off_by_one() -> Dataset:
    """A data set whose labels were counted from 1."""
    split = Split(X, np.array([1, 2, 3, 3], np.int32))
    return Dataset(split, split, split, "mine", "classification", classes=3)


def refused(folder, one, message):
    """Start a study that must be refused before anything is written."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(ConfigError) as error:
        study().add([one])
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
    assert sorted(folder.rglob("*")) == before


def test_images_of_a_wrong_shape_for_a_network_are_one_line(tmp_path):
    one = job(tmp_path, dataset="iris", model="baseline_cnn")
    needed = "`model=baseline_cnn` needs images (height, width, channels)."
    refused(tmp_path, one, f"{needed} Received: examples of shape 4. Take a data set of such images, or model=mlp.")


def test_images_too_small_for_a_network_are_one_line():
    with pytest.raises(ConfigError, match=r"needs images of at least 12x12 pixels\. Received: .* 8x8x1\."):
        check_image(Inputs((8, 8, 1), 10, "float32"), "big", side=12)


@pytest.mark.parametrize("key", ["reports_dir", "results_dir"])
def test_a_place_that_cannot_be_written_to_is_one_line_before_anything_is_trained(key, tmp_path):
    (tmp_path / "file").write_text("in the way")
    one = job(tmp_path, **{key: str(tmp_path / "file" / "folder")})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError) as error:
        study().add([one])
    assert str(error.value) == (
        f"`{key}` cannot be written to: {tmp_path}/file is not a folder. Received: {key}={tmp_path}/file/folder. "
        f"Choose another folder with {key}=..."
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_without_permission_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("optbench.runtime.files.os.access", lambda *_: False)
    refused(tmp_path, job(tmp_path), "`results_dir` cannot be written to: Permission denied. Received: results_dir=")


def test_a_truncated_data_set_is_one_line_as_a_user_sees_it(tmp_path):
    np.savez(tmp_path / "mnist.npz", **stand_in("mnist"))
    content = (tmp_path / "mnist.npz").read_bytes()
    (tmp_path / "mnist.npz").write_bytes(content[: len(content) // 2])
    done = optbench_command("dataset=mnist", "data_dir=.", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"optbench: {tmp_path}/mnist.npz cannot be read: it is not a whole .npz file. ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*.parquet"))
    assert (tmp_path / "mnist.npz").read_bytes() == content[: len(content) // 2]
