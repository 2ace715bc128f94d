"""Published images on disk: fetched once, then kept as one ``.npz`` a data set and checked whenever they are read.

    mnist.npz    x_train, y_train, x_test, y_test    uint8
                 sha256                              of these arrays; absent where a person put the file there

Keras fetches and checks its own hash of what it fetched; from then on the file here is enough.
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
WHAT_THEN = "Take it away to have it fetched again, or put a whole one in its place."


class Form(NamedTuple):
    """What the arrays of a data set of images look like."""

    name: str
    image: tuple[int, ...]  # shape of one: (height, width), or (height, width, channels)
    classes: int

    def __str__(self) -> str:
        image = ", ".join(map(str, self.image))
        return f"uint8 arrays x_train and x_test of shape (n, {image}), y_train and y_test of shape (n,)"


def kept(form: Form, fetch: Fetch, data_dir: str | None) -> Arrays:
    """The arrays of a data set, fetched if this is the first time.

    Args:
        form: what they have to look like.
        fetch: gets them from where they are published.
        data_dir: the folder of all data sets; None is the user's cache directory.

    Raises:
        ConfigError: they are neither here nor to be fetched, or the file is not what it should be.
    """
    path = folder(data_dir) / f"{form.name}.npz"
    if not path.exists():
        check_writable(path.parent, data_dir)
        keep(path, fetched(form, fetch, path))
    return read(path, form)


def folder(data_dir: str | None) -> Path:
    """Where data sets are kept: ``data_dir``, or ``optbench`` in the user's cache directory."""
    if data_dir is not None:
        return Path(data_dir).expanduser().absolute()
    return user_cache()


def check_writable(place: Path, data_dir: str | None) -> None:
    """Find out before much is fetched that it cannot be kept."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ConfigError(
            f"Data sets cannot be kept in {place}: {error.strerror}. Received: data_dir={format_value(data_dir)}. "
            "Name a folder that can be written to, data_dir=..."
        ) from None


def fetched(form: Form, fetch: Fetch, path: Path) -> Arrays:
    """The arrays from where they are published; ConfigError says how to do without a network."""
    try:
        (x_train, y_train), (x_test, y_test) = fetch()
    except Exception as error:  # Keras and what it calls raise many kinds
        raise ConfigError(
            f"{form.name} is not here and could not be fetched: {one_line(error)}. "
            f"Without a network, put it at {path}: {form}, as numpy.savez writes them."
        ) from None
    return dict(zip(KEYS, (x_train, y_train, x_test, y_test), strict=True))


def keep(path: Path, arrays: Arrays) -> None:
    """Write ``arrays`` with their hash, whole or not at all."""
    write_arrays(path, {**arrays, HASH: np.array(hash_of(arrays))})


def read(path: Path, form: Form) -> Arrays:
    """Read and check a file of arrays. Nothing is changed or taken away.

    Raises:
        ConfigError: it is broken, was altered, or holds something else.
    """
    arrays = read_arrays(path, WHAT_THEN)
    if not set(KEYS) <= arrays.keys():
        raise ConfigError(f"{path} must hold {', '.join(KEYS)}. Received: {', '.join(arrays) or 'nothing'}.")
    written = arrays.pop(HASH, None)
    if written is not None and str(written) != hash_of(arrays):
        raise ConfigError(f"{path} was altered: its arrays do not have the hash that stands inside. {WHAT_THEN}")
    for part in ("train", "test"):
        check_form(path, form, part, arrays[f"x_{part}"], arrays[f"y_{part}"])
    return arrays


def hash_of(arrays: Arrays) -> str:
    """SHA-256 of names, types, shapes and bytes."""
    text = hashlib.sha256()
    for key in KEYS:
        array = np.ascontiguousarray(arrays[key])
        text.update(f"{key} {array.dtype.str} {array.shape}\n".encode())
        text.update(array.data)
    return text.hexdigest()


def check_form(path: Path, form: Form, part: str, x: NDArray[Any], y: NDArray[Any]) -> None:
    """Raise unless images ``x`` and labels ``y`` are what ``form`` says."""
    for name, array in ((f"x_{part}", x), (f"y_{part}", y)):
        if array.dtype != np.uint8:
            raise ConfigError(f"`{name}` in {path} must be uint8. Received: {array.dtype}.")
    if x.shape[1:] != form.image or not len(x):
        image = ", ".join(map(str, form.image))
        raise ConfigError(f"`x_{part}` in {path} must have the shape (n, {image}). Received: {x.shape}.")
    if y.shape not in ((len(x),), (len(x), 1)):
        raise ConfigError(f"`y_{part}` in {path} must have the shape ({len(x)},). Received: {y.shape}.")
    if y.max() >= form.classes:
        raise ConfigError(f"`y_{part}` in {path} must hold labels from 0 to {form.classes - 1}. Received: {y.max()}.")
