"""Published data sets on disk: downloaded once, stored atomically, and rejected if they are invalid."""

import importlib

import numpy as np
import pytest

from optbench.datasets._archive import ImageSpec, data_folder, hash_arrays, load_archive
from optbench.errors import ConfigError
from tests.commands import optbench_command
from tests.conftest import STAND_INS, build_dataset, stand_in

MNIST = ImageSpec("mnist", (28, 28), 10)
NO_NETWORK = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}  # nobody listens there


@pytest.fixture
def arrays():
    return stand_in("mnist")


def as_keras_returns(arrays):
    return lambda: ((arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"]))


def no_network():
    raise Exception("URL fetch failure on https://host/file:\n None -- no route")


def refused(tmp_path, fetch=no_network):
    """The line that is printed, while nothing in the folder changes."""
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ConfigError) as error:
        load_archive(MNIST, fetch, str(tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_was_fetched_is_kept_with_its_hash_and_never_fetched_again(tmp_path, arrays):
    first = load_archive(MNIST, as_keras_returns(arrays), str(tmp_path / "new" / "folder"))
    again = load_archive(MNIST, no_network, str(tmp_path / "new" / "folder"))
    for key, array in arrays.items():
        np.testing.assert_array_equal(first[key], array)
        np.testing.assert_array_equal(again[key], array)
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["mnist.npz"]
    with np.load(tmp_path / "new" / "folder" / "mnist.npz", allow_pickle=False) as file:
        assert str(file["sha256"]) == hash_arrays(arrays)


def test_a_file_put_there_by_hand_needs_no_hash_and_may_have_a_column_of_labels(tmp_path, arrays):
    arrays["y_train"] = arrays["y_train"][:, np.newaxis]
    np.savez_compressed(tmp_path / "mnist.npz", **arrays)
    found = load_archive(MNIST, no_network, str(tmp_path))
    np.testing.assert_array_equal(found["y_train"], arrays["y_train"])
    assert build_dataset("mnist", tmp_path).train.y.ndim == 1


def test_without_network_and_file_the_line_says_what_to_put_where(tmp_path):
    assert refused(tmp_path) == (
        "mnist is not on disk and could not be fetched: "
        "Exception: URL fetch failure on https://host/file: None -- no route. "
        f"Without a network, put it at {tmp_path}/mnist.npz: uint8 arrays x_train and x_test of shape (n, 28, 28), "
        "y_train and y_test of shape (n,), as numpy.savez writes them."
    )


@pytest.mark.parametrize("name", STAND_INS)
def test_each_published_data_set_is_fetched_through_keras(name, tmp_path, monkeypatch):
    module = importlib.import_module(f"keras.src.datasets.{name}")
    monkeypatch.setattr(module, "get_file", lambda *_, **__: no_network())
    with pytest.raises(ConfigError, match=f"^{name} is not on disk and could not be fetched: Exception: URL fetch"):
        build_dataset(name, tmp_path)


def test_the_command_without_network_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("keras.src.backend.config.keras_home", lambda: str(tmp_path))
    homes = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = optbench_command("dataset=mnist", cwd=tmp_path, **homes, **NO_NETWORK)
    assert done.returncode == 1
    assert done.stderr.startswith("optbench: mnist is not on disk and could not be fetched: ")
    assert f"put it at {tmp_path}/cache/optbench/mnist.npz: " in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_cut_off_file_is_one_line(tmp_path, arrays):
    load_archive(MNIST, as_keras_returns(arrays), str(tmp_path))
    path = tmp_path / "mnist.npz"
    for size in (0, 100, path.stat().st_size // 2):
        path.write_bytes(path.read_bytes()[:size])
        assert refused(tmp_path).startswith(f"{path} cannot be read: it is not a whole .npz file. ")


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_an_altered_file_is_one_line(tmp_path, arrays, key):
    said = hash_arrays(arrays)
    arrays[key].flat[7] ^= 1
    np.savez(tmp_path / "mnist.npz", **arrays, sha256=np.array(said))
    assert refused(tmp_path).startswith(f"{tmp_path}/mnist.npz was altered: ")


def test_a_byte_changed_on_disk_is_noticed(tmp_path, arrays):
    load_archive(MNIST, as_keras_returns(arrays), str(tmp_path))
    path = tmp_path / "mnist.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    assert refused(tmp_path).startswith(f"{path} ")


def without(key):
    return lambda arrays: arrays.pop(key)


def replacing(**values):
    return lambda arrays: arrays.update({key: value(arrays[key]) for key, value in values.items()})


WRONG = {
    "a key is missing": (without("y_test"), "must hold x_train, y_train, x_test, y_test. Received: x_train, y_train,"),
    "pixels are real numbers": (replacing(x_test=lambda x: x / 255), "`x_test` in * must be uint8. Received: float64."),
    "labels are int64": (replacing(y_train=np.int64), "`y_train` in * must be uint8. Received: int64."),
    "other pixels": (
        replacing(x_train=lambda x: x[:, :14]),
        "`x_train` in * must have the shape (n, 28, 28). Received:",
    ),
    "no images": (
        replacing(x_test=lambda x: x[:0]),
        "`x_test` in * must have the shape (n, 28, 28). Received: (0, 28,",
    ),
    "fewer labels": (
        replacing(y_train=lambda y: y[1:]),
        "`y_train` in * must have the shape (600,). Received: (599,).",
    ),
    "one-hot labels": (
        replacing(y_test=lambda y: np.eye(10, dtype=np.uint8)[y]),
        "must have the shape (100,). Received",
    ),
    "a label too large": (replacing(y_test=lambda y: y + np.uint8(1)), "must hold labels from 0 to 9. Received: 10."),
    "pickled objects": (replacing(x_train=lambda x: x.astype(object)), "cannot be read: ValueError: Object arrays"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_a_file_of_something_else_is_one_line(tmp_path, arrays, change, message):
    change(arrays)
    np.savez(tmp_path / "mnist.npz", **arrays)
    assert message.replace("*", f"{tmp_path}/mnist.npz") in refused(tmp_path)


def test_a_single_array_is_no_data_set(tmp_path, arrays):
    with (tmp_path / "mnist.npz").open("wb") as file:
        np.save(file, arrays["x_train"])
    assert "cannot be read: it is not a whole .npz file. " in refused(tmp_path)


def test_what_was_fetched_is_checked_too(tmp_path, arrays):
    arrays["y_test"][:] = 200
    with pytest.raises(ConfigError, match="must hold labels from 0 to 9"):
        load_archive(MNIST, as_keras_returns(arrays), str(tmp_path))


def test_a_place_that_cannot_be_written_to_is_found_before_anything_is_fetched(tmp_path):
    (tmp_path / "file").write_text("")
    fetched = []
    with pytest.raises(ConfigError, match=r"^Data sets cannot be stored in .*file/below: Not a directory\. Received: "):
        load_archive(MNIST, lambda: fetched.append(1), str(tmp_path / "file" / "below"))
    with pytest.raises(ConfigError, match=r"^Data sets cannot be stored in .*file: File exists\. Received: data_dir="):
        load_archive(MNIST, lambda: fetched.append(1), str(tmp_path / "file"))
    assert not fetched


def test_an_interrupted_write_leaves_nothing(tmp_path, arrays, monkeypatch):
    def full_disk(file, **_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        load_archive(MNIST, as_keras_returns(arrays), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_data_sets_are_kept_in_the_users_cache_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/caches")
    assert str(data_folder(None)) == "/var/caches/optbench"
    for unset in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert data_folder(None) == tmp_path / ".cache" / "optbench"
    assert data_folder("~/data") == tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    assert data_folder("here") == tmp_path / "here"
