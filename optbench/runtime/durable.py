"""Files that survive a loss of power: each step that has to reach the disk, in one place.

    write_bytes(temporary, content)   sync_file(temporary)   rename(temporary, path)   sync_folder(path.parent)

Everything that a results folder promises to keep goes through these functions, in this order. A name is durable once
its folder was synced; a content, once its file was.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from optbench.runtime.system import when_free

NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES}  # of file systems that cannot sync a folder


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write a whole file, not yet durable."""
    with path.open("wb") as file:
        file.write(content)


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    descriptor = os.open(path, os.O_RDWR)  # Windows syncs no file that was opened for reading alone
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Give a file another name, taking the place of one that has it."""
    when_free(lambda: source.replace(target))


def unlink(path: Path) -> None:
    """Remove a file, if it exists."""
    when_free(lambda: path.unlink(missing_ok=True))


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where its file system can do so."""
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
    """Let an OSError name the file that was to be written, in place of a temporary one or none.

    Raises:
        OSError: see above.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or errno.EIO
        raise OSError(number, os.strerror(number), str(path)) from error
