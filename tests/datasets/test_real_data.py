"""The real published data sets, only if OPTBENCH_TEST_DATA names a folder that contains them."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import optbench
from optbench.datasets.splits import Subset
from optbench.datasets.text import text
from tests.commands import environment_of_a_user, optbench_command
from tests.conftest import REAL_DATA, build_dataset

pytestmark = pytest.mark.skipif(
    REAL_DATA is None, reason="OPTBENCH_TEST_DATA names no folder of real data; other tests use generated stand-ins"
)
FOLDER = Path(REAL_DATA or "").resolve()
MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def counts(*splits):
    """How often each label occurs in some splits together."""
    return np.bincount(np.concatenate([split.y for split in splits])).tolist()


def fetching_from(monkeypatch, name, folder):
    """Let Keras find in ``folder`` what it would fetch."""
    module = importlib.import_module(f"keras.src.datasets.{name}")
    monkeypatch.setattr(module, "get_file", lambda fname, **_: str(folder / fname))


def test_mnist_has_the_published_counts(tmp_path, monkeypatch):
    fetching_from(monkeypatch, "mnist", FOLDER / "mnist")
    data = build_dataset("mnist", tmp_path)
    assert counts(data.train, data.valid) == MNIST_TRAIN
    assert counts(data.test) == MNIST_TEST
    assert data.train.x.shape == (54_000, 28, 28, 1)


def test_fashion_mnist_has_the_published_counts(tmp_path, monkeypatch):
    fetching_from(monkeypatch, "fashion_mnist", FOLDER / "fashion-mnist")
    data = build_dataset("fashion_mnist", tmp_path)
    assert counts(data.train) == [5400] * 10
    assert counts(data.valid) == [600] * 10
    assert counts(data.test) == [1000] * 10
    assert data.test.x.shape == (10_000, 28, 28, 1)


def test_the_command_fetches_mnist_through_keras_and_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setattr("keras.src.backend.config.keras_home", lambda: str(tmp_path / "keras"))
    downloads = tmp_path / "keras" / "datasets"
    downloads.mkdir(parents=True)
    (downloads / "mnist.npz").symlink_to(FOLDER / "mnist" / "mnist.npz")
    quick = ["dataset.limit=500", "steps=2", "seeds=1", "timing=false", "compile=eager", "name=real"]
    done = optbench_command("dataset=mnist", "data_dir=kept", *quick, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["mnist.npz"]
    assert optbench.load(tmp_path / "results", "real")[0]["status"].tolist() == ["done"]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The CIFAR sets as their script unpacks them: Keras's cache, and ``.npz`` files."""
    folder = tmp_path_factory.mktemp("unpacked")
    env = environment_of_a_user() | {"KERAS_HOME": str(folder / "keras")}
    subprocess.run([sys.executable, FOLDER / "install-keras-cache", "--npz", folder], env=env, check=True)
    return folder


@pytest.mark.heavy
def test_cifar10_has_the_published_counts(unpacked, tmp_path, monkeypatch):
    fetching_from(monkeypatch, "cifar10", unpacked / "keras" / "datasets")
    data = build_dataset("cifar10", tmp_path)
    assert counts(data.train) == [4500] * 10
    assert counts(data.valid) == [500] * 10
    assert counts(data.test) == [1000] * 10
    assert data.train.x.shape == (45_000, 32, 32, 3)
    with np.load(unpacked / "cifar10.npz") as by_hand, np.load(tmp_path / "cifar10.npz") as fetched:
        np.testing.assert_array_equal(by_hand["x_test"], fetched["x_test"])


@pytest.mark.heavy
def test_a_part_of_cifar100_put_there_by_hand_is_taken(unpacked, tmp_path):
    (tmp_path / "cifar100.npz").symlink_to(unpacked / "cifar100-subset.npz")
    data = build_dataset("cifar100", tmp_path)
    assert counts(data.train) == [90] * 100
    assert counts(data.test) == [20] * 100


@pytest.mark.parametrize(("name", "classes"), [("tinyshakespeare", 65), ("warpeace_input", 83)])
def test_a_text_has_the_vocabulary_of_its_file(name, classes):
    data = text(str(FOLDER / "text" / f"{name}.txt"), subset=Subset(limit=1000))
    assert data.classes == classes
    assert data.train.x.shape == (1000, 50)


PEAK = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "optbench", *sys.argv[1:]])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak in KiB")
def test_cifar10_with_the_small_network_stays_below_2_gib(unpacked, tmp_path):
    quick = ["steps=50", "eval.points=2", "seeds=1", "timing=false", f"data_dir={unpacked}"]
    command = [sys.executable, "-c", PEAK, "experiment=cifar10_baseline_cnn", *quick]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment_of_a_user(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    peak = int(done.stdout.split("peak ")[1])
    print(f"peak of resident memory {peak / 2**20:.2f} GiB")
    assert peak < 2 * 2**20
