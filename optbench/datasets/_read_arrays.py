"""Read NumPy files without unpickling. Names of arrays determine inputs, targets and splits.

x, y                                one set of examples
x_train, y_train, x_test, y_test    splits; optionally x_valid and y_valid (or val, validation)
x_left, x_right, y                  several inputs, ``left`` and ``right``
x_train_left, x_train_right, ...    several inputs of each split
"""

import re
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.datasets._assign import NAMES, split_of_name
from optbench.datasets._read_table import find_file
from optbench.errors import ConfigError

Array = NDArray[Any]
SPLIT = "|".join(name for names in NAMES.values() for name in names)
ARRAY_NAME = re.compile(rf"(?P<role>[xyXY])(_(?P<split>{SPLIT}))?(_(?P<input>.+))?")
RULE = "They are called x and y, or x_train, y_train, x_test, y_test; several inputs x_NAME or x_train_NAME."
NONE = "(the whole)"  # split of arrays that name none


class ReadArrays(NamedTuple):
    """Inputs and targets by split, and notes on the file."""

    given: dict[str, tuple[Any, Array]]
    notes: tuple[str, ...]


class Role(NamedTuple):
    """The role of an array."""

    is_target: bool
    split: str  # or NONE
    input: str | None  # name of the input, if there are several


def read_arrays(path: str | None, y_path: str | None) -> ReadArrays:
    """Read an ``.npz`` file, or an ``.npy`` file with the targets in ``y_path``.

    Raises:
        ConfigError: a file is missing or cannot be read, or its arrays have unexpected names.
    """
    loaded = load(find_file(path, "a .npz or .npy file"), "dataset.path", path)
    if isinstance(loaded, dict):
        if y_path is not None:
            raise ConfigError(
                f"`dataset.y_path` belongs to a .npy file. Received: dataset.path={path}, which holds several arrays. "
                "Leave dataset.y_path out."
            )
        return sort_arrays(loaded, path)
    if y_path is None:
        raise ConfigError(
            f"A .npy file holds the inputs alone. Received: dataset.path={path} without targets. "
            "Add dataset.y_path=y.npy, or save both in one .npz file."
        )
    file = Path(y_path).expanduser()
    if not file.is_file():
        raise ConfigError(f"`dataset.y_path` must name a .npy file. Received: dataset.y_path={y_path}, no such file.")
    y = load(file, "dataset.y_path", y_path)
    if isinstance(y, dict):
        raise ConfigError(f"`dataset.y_path` must name a .npy file. Received: dataset.y_path={y_path}, a .npz file.")
    return ReadArrays({"train": (loaded, y)}, ())


def load(file: Path, key: str, path: str | None) -> dict[str, Array] | Array:
    """The array of a ``.npy`` file, or all arrays of a ``.npz`` file by name."""
    try:
        with file.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            return {name: loaded[name] for name in loaded.files} if hasattr(loaded, "files") else loaded
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        pickled = "pickle" in str(error)
        found = "holds Python objects or is no file of NumPy's" if pickled else f"cannot be read: {error}"
        raise ConfigError(
            f"`{key}` must name a .npz or .npy file with arrays of numbers. Received: {key}={path}, which "
            f"{' '.join(found.split())[:150]}. Save it again with numpy.savez."
        ) from None


def sort_arrays(arrays: dict[str, Array], path: str | None) -> ReadArrays:
    """The role of each array, by its name."""
    roles = {name: role for name in arrays if (role := role_of(name)) is not None}
    x = {name: role for name, role in roles.items() if not role.is_target}
    y = {role.split: name for name, role in roles.items() if role.is_target}
    splits = {role.split for role in x.values()}
    if not x or not y or splits != set(y) or (NONE in splits and len(splits) > 1):
        raise ConfigError(
            f"`dataset.path` must name a .npz file with inputs and targets. Received: dataset.path={path} with "
            f"{', '.join(arrays) or 'no arrays'}. {RULE}"
        )
    if NONE not in splits and "train" not in splits:
        raise ConfigError(f"There must be arrays to train on. Received: {', '.join(arrays)}. {RULE}")
    given = {
        "train" if split == NONE else split: (inputs_of_split(arrays, x, split), arrays[y[split]])
        for split in (NONE, *NAMES)
        if split in splits
    }
    others = [name for name in arrays if name not in roles]
    notes = (f"These arrays of {path} are not used: {', '.join(others)}.",) if others else ()
    return ReadArrays(given, notes)


def role_of(name: str) -> Role | None:
    """The role of an array with this name; None if the name is unknown."""
    found = ARRAY_NAME.fullmatch(name)
    if found is None or (found["role"] in "yY" and found["input"]):
        return None
    split = split_of_name(found["split"]) if found["split"] else NONE
    return Role(found["role"] in "yY", split or NONE, found["input"])


def inputs_of_split(arrays: dict[str, Array], roles: dict[str, Role], split: str) -> Any:
    """The single input of a split, or several by name."""
    of_split = {role.input: arrays[name] for name, role in roles.items() if role.split == split}
    if set(of_split) == {None}:
        return of_split[None]
    if None in of_split:
        others = ", ".join(filter(None, of_split))
        raise ConfigError(f"Several inputs must all have names. Received: x beside {others}. {RULE}")
    return of_split
