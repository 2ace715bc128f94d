"""The state of files: whether they have changed, determined without reading them if possible.

    same size and modification time               the file is unchanged
    only the time differs                         its SHA-256 decides

The state of a folder is unchanged if it contains the same files with the same sizes and times.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

CODE = (".py", ".yaml", ".j2", ".js", ".css", ".txt")  # suffixes of optbench's own files


class FileState(NamedTuple):
    """The state of a file at one time."""

    size: int  # bytes
    changed_ns: int  # seconds since the epoch
    sha256: str


def state_of(path: Path) -> FileState:
    """The state of a file.

    Raises:
        OSError: the file cannot be read.
    """
    state = path.stat()
    return FileState(state.st_size, state.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())


def is_unchanged(path: Path, before: FileState) -> bool:
    """Whether a file is unchanged; False if it no longer exists."""
    try:
        state = path.stat()
        if state.st_size != before.size:
            return False
        return state.st_mtime_ns == before.changed_ns or state_of(path).sha256 == before.sha256
    except OSError:
        return False


def folder_digest(folder: Path, suffixes: tuple[str, ...] = ()) -> str:
    """A hash of the names, sizes and times of the files in a folder and its subfolders.

    Args:
        folder: the folder, which need not exist.
        suffixes: suffixes of the files to include; all files if empty.
    """
    found = hashlib.sha256()
    for path in sorted(_files(folder, suffixes)):
        state = path.stat()
        found.update(f"{path.relative_to(folder)}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return found.hexdigest()


@cache
def code_digest() -> str:
    """A hash of the state of optbench's own files, computed once per process."""
    return folder_digest(Path(__file__).resolve().parent.parent, CODE)


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    paths: Iterable[Path] = folder.rglob("*")
    return (path for path in paths if (not suffixes or path.suffix in suffixes) and path.is_file())
