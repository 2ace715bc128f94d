"""Portable file names, atomic writes, and arrays read without pickle."""

import io
import os
import tempfile
import unicodedata
import uuid
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, unquote

from optbench.errors import ConfigError
from optbench.runtime.digests import read_verified, write_with_digest
from optbench.runtime.durable import naming, rename, unlink
from optbench.runtime.system import is_reserved

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays: TypeAlias = "Mapping[str, NDArray[Any]]"
CHECKPOINTS, WEIGHTS = "checkpoints", "weights"  # folders of a results folder besides its tables


def user_cache() -> Path:
    """The folder of optbench in the user's cache directory, which need not exist."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()) / "optbench"


def file_name(name: str) -> str:
    """A study's name as a portable file name that is also valid in URLs. :func:`study_name` is the inverse.

    Windows reserves device names such as ``CON`` and ``NUL``, and drops dots and spaces at the end of a name.
    """
    quoted = quote(name, safe=" +,=@").replace("~", "%7E")
    if quoted.startswith(".") or is_reserved(quoted):
        quoted = f"%{ord(quoted[0]):02X}{quoted[1:]}"
    if quoted.endswith((".", " ")):
        quoted = f"{quoted[:-1]}%{ord(quoted[-1]):02X}"
    return quoted.replace("%", "~")


def study_name(file: str) -> str:
    """The inverse of :func:`file_name`."""
    return unquote(file.replace("~", "%"))


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, with the same bytes on every operating system."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf8", newline="\n"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` create a file under a temporary name, then rename it to ``path``.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(temporary)
            rename(temporary, path)
        finally:
            unlink(temporary)


def check_writable(**folders: str) -> None:
    """Raise ConfigError unless each folder is writable, or can be created. Nothing is left there.

    Args:
        folders: folders by the configuration key that names them.
    """
    for key, given in folders.items():
        folder = Path(given).absolute()
        place = next(path for path in (folder, *folder.parents) if exists(path, key))
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            why = "Permission denied" if place.is_dir() else f"{place} is not a folder"
            raise ConfigError(
                f"`{key}` cannot be written to: {why}. Received: {key}={given}. Choose another folder with {key}=..."
            )
        try:
            Path(tempfile.mkdtemp(prefix=".", dir=place)).rmdir()
        except OSError as error:  # a full disk, or a file system without regular files, such as /proc
            raise ConfigError(
                f"`{key}` cannot be written to: {error.strerror}. Received: {key}={given}. Choose another folder with "
                f"{key}=..."
            ) from None


def check_place_of_report(reports_dir: str, name: str) -> None:
    """Raise ConfigError if a file is in the place of a report's folder, or a folder in the place of its page."""
    folder = Path(reports_dir).absolute() / file_name(name)
    page = folder / "index.html"
    if (folder.exists() and not folder.is_dir()) or page.is_dir():
        what, where = ("a folder", page) if page.is_dir() else ("a file", folder)
        raise ConfigError(
            f"The report of the study cannot be written: {where} is {what}. Received: name={name}. Move it away, or "
            "choose another name."
        )


def as_compared(name: str) -> str:
    """A file name as compared by file systems that ignore case and Unicode normalization."""
    return unicodedata.normalize("NFC", name).casefold()


def check_case_of_name(results_dir: str, name: str) -> None:
    """Raise ConfigError if the file system confuses the names of two studies, such as ``Demo`` and ``demo``."""
    path = Path(results_dir, "studies", f"{file_name(name)}.json")
    others = {file.name for file in path.parent.iterdir()} if path.exists() else {path.name}
    if path.name not in others:
        other = next((file for file in sorted(others) if as_compared(file) == as_compared(path.name)), path.name)
        known = study_name(other.removesuffix(".json"))
        raise ConfigError(
            f"There is a study `{known}` in {results_dir}, and this file system takes its name for the same. "
            f"Received: name={name}. Choose another name."
        )


def exists(path: Path, key: str) -> bool:
    """Whether a path exists; ConfigError if its name is too long or contains an invalid character."""
    try:
        if "\0" in str(path):
            raise OSError(0, "a name cannot have a null character")
        return path.exists()
    except OSError as error:
        why = error.strerror
        raise ConfigError(f"`{key}` cannot be used: {why}. Choose another folder with {key}=...") from None


def write_arrays(path: Path, arrays: Arrays, digest: bool = False) -> None:
    """Write an ``.npz`` file atomically, with its digest if requested.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """

    import numpy as np

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    if digest:
        write_with_digest(path, buffer.getbuffer())
    else:
        write_whole(path, lambda temporary: temporary.write_bytes(buffer.getbuffer()))


def read_arrays(path: Path, what_then: str) -> "dict[str, NDArray[Any]]":
    """All arrays of an ``.npz`` file, by name.

    Args:
        path: the path of the file.
        what_then: what a user can do if it is damaged, in whole sentences.

    Raises:
        ConfigError: the file is damaged, or contains something other than plain arrays.
        FileNotFoundError: there is no such file.
    """
    import numpy as np

    if not zipfile.is_zipfile(path):  # numpy would treat it as a pickle, and advise to trust it
        path.stat()
        raise ConfigError(f"{path} cannot be read: it is not a whole .npz file. {what_then}")
    try:
        with np.load(io.BytesIO(read_verified(path)), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged zip file raises many types of exceptions
        raise ConfigError(f"{path} cannot be read: {one_line(error)}. {what_then}") from None


def one_line(error: Exception) -> str:
    """An error's type and message, on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
