"""Published images on disk: downloaded once, stored as one ``.npz`` per data set, and verified on reading.

    mnist.npz    x_train, y_train, x_test, y_test    uint8
                 sha256                              of these arrays; absent if the user put the file there

Keras downloads the data and verifies its own hash. Afterwards, only the file here is needed.
"""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.config.parameters import format_value
from optbench.errors import ConfigError
from optbench.runtime.files import Arrays, one_line, read_arrays, user_cache, write_arrays

Fetch = Callable[[], Any]  # -> (x_train, y_train), (x_test, y_test)
KEYS = ("x_train", "y_train", "x_test", "y_test")
HASH = "sha256"
REMEDY = "Delete it to have it fetched again, or replace it by a complete one."


class ImageSpec(NamedTuple):
    """The name of a published data set, and the shape of its images."""

    name: str
    image: tuple[int, ...]  # shape of an image: (height, width), or (height, width, channels)
    classes: int

    def __str__(self) -> str:
        image = ", ".join(map(str, self.image))
        return f"uint8 arrays x_train and x_test of shape (n, {image}), y_train and y_test of shape (n,)"


def load_archive(spec: ImageSpec, fetch: Fetch, data_dir: str | None) -> Arrays:
    """Load the arrays of a data set. They are downloaded on first use.

    Args:
        spec: the required shapes and classes.
        fetch: downloads the arrays.
        data_dir: the folder of all data sets. None is the user's cache directory.

    Raises:
        ConfigError: they are not on disk and cannot be downloaded, or the file is invalid.
    """
    path = data_folder(data_dir) / f"{spec.name}.npz"
    if not path.exists():
        check_writable(path.parent, data_dir)
        write_archive(path, fetch_arrays(spec, fetch, path))
    return read_archive(path, spec)


def data_folder(data_dir: str | None) -> Path:
    """Return the folder of data sets: ``data_dir``, or ``optbench`` in the user's cache directory."""
    if data_dir is not None:
        return Path(data_dir).expanduser().absolute()
    return user_cache()


def check_writable(place: Path, data_dir: str | None) -> None:
    """Raise ConfigError if the folder cannot be written, before anything is downloaded."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ConfigError(
            f"Data sets cannot be stored in {place}: {error.strerror}. Received: data_dir={format_value(data_dir)}. "
            "Name a folder that can be written to, data_dir=..."
        ) from None


def fetch_arrays(spec: ImageSpec, fetch: Fetch, path: Path) -> Arrays:
    """Download the arrays. The ConfigError of a failure says what to do without a network."""
    try:
        (x_train, y_train), (x_test, y_test) = fetch()
    except Exception as error:  # Keras and its dependencies raise many types of exceptions
        raise ConfigError(
            f"{spec.name} is not on disk and could not be fetched: {one_line(error)}. "
            f"Without a network, put it at {path}: {spec}, as numpy.savez writes them."
        ) from None
    return dict(zip(KEYS, (x_train, y_train, x_test, y_test), strict=True))


def write_archive(path: Path, arrays: Arrays) -> None:
    """Write ``arrays`` with their hash, atomically."""
    write_arrays(path, {**arrays, HASH: np.array(hash_arrays(arrays))})


def read_archive(path: Path, spec: ImageSpec) -> Arrays:
    """Read and verify a file of arrays. Nothing is changed or deleted.

    Raises:
        ConfigError: the file is damaged, was altered, or contains something else.
    """
    arrays = read_arrays(path, REMEDY)
    if not set(KEYS) <= arrays.keys():
        raise ConfigError(f"{path} must hold {', '.join(KEYS)}. Received: {', '.join(arrays) or 'nothing'}.")
    written = arrays.pop(HASH, None)
    if written is not None and str(written) != hash_arrays(arrays):
        raise ConfigError(f"{path} was altered: its arrays do not match the hash that it holds. {REMEDY}")
    for part in ("train", "test"):
        check_arrays(path, spec, part, arrays[f"x_{part}"], arrays[f"y_{part}"])
    return arrays


def hash_arrays(arrays: Arrays) -> str:
    """Return the SHA-256 of names, dtypes, shapes and bytes."""
    text = hashlib.sha256()
    for key in KEYS:
        array = np.ascontiguousarray(arrays[key])
        text.update(f"{key} {array.dtype.str} {array.shape}\n".encode())
        text.update(array.data)
    return text.hexdigest()


def check_arrays(path: Path, spec: ImageSpec, part: str, x: NDArray[Any], y: NDArray[Any]) -> None:
    """Raise unless images ``x`` and labels ``y`` match ``spec``."""
    for name, array in ((f"x_{part}", x), (f"y_{part}", y)):
        if array.dtype != np.uint8:
            raise ConfigError(f"`{name}` in {path} must be uint8. Received: {array.dtype}.")
    if x.shape[1:] != spec.image or not len(x):
        image = ", ".join(map(str, spec.image))
        raise ConfigError(f"`x_{part}` in {path} must have the shape (n, {image}). Received: {x.shape}.")
    if y.shape not in ((len(x),), (len(x), 1)):
        raise ConfigError(f"`y_{part}` in {path} must have the shape ({len(x)},). Received: {y.shape}.")
    if y.max() >= spec.classes:
        raise ConfigError(f"`y_{part}` in {path} must hold labels from 0 to {spec.classes - 1}. Received: {y.max()}.")
