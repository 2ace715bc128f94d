"""Files that survive a power failure: all steps that must reach the disk.

    write_bytes(temporary, content)   sync_file(temporary)   rename(temporary, path)   sync_folder(path.parent)

All durable files of a results folder are written by these functions, in this order. A name is durable once its folder
is synced, and content once its file is synced.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from optbench.runtime.system import when_free

NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES}  # errors of file systems that cannot sync a folder


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write a whole file, which is not durable yet."""
    with path.open("wb") as file:
        file.write(content)


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    descriptor = os.open(path, os.O_RDWR)  # Windows cannot sync a file opened only for reading
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Rename a file, replacing any file with the new name."""
    when_free(lambda: source.replace(target))


def unlink(path: Path) -> None:
    """Remove a file, if it exists."""
    when_free(lambda: path.unlink(missing_ok=True))


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, if the file system supports it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Make an OSError name the file to write, instead of a temporary file or none.

    Raises:
        OSError: with the path of the file.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or errno.EIO
        raise OSError(number, os.strerror(number), str(path)) from error
