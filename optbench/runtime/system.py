"""Differences between operating systems. No other module checks the system, or uses features that only some have.

Linux, macOS and Windows are supported. If a system does not provide some information, the docstring says what is
returned instead. ``tests/test_architecture.py`` asserts that ``/proc``, ``fork`` and POSIX-only calls appear only here.
"""

import contextlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

CLONE_FS = 0x200  # flag of unshare(2)
PAUSES_S = (0.01, 0.03, 0.1, 0.3, 0.6)  # seconds between attempts to access a file that another process reads
RESERVED = frozenset(  # file names that Windows reserves for devices, with any suffix and in any case
    ["CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in [*range(10), *"¹²³"])]
)


def cores() -> int:
    """The number of cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The name of the processor, or of its architecture if the system does not provide the name."""
    return _cpu_info("model name") or platform.processor() or platform.machine()


def processor_features() -> str:
    """The features of the processor, such as ``avx512f``, as listed by the system; empty if it lists none."""
    return _cpu_info("flags") or _cpu_info("Features")


def free_memory() -> int:
    """Bytes of main memory that are free or can be freed without swapping."""
    import psutil  # `--help` needs neither this nor multiprocessing

    return int(psutil.virtual_memory().available)


def is_running(process: int) -> bool:
    """Whether a process with this id is running."""
    import psutil

    return bool(psutil.pid_exists(process))


def separate_thread() -> None:
    """Give this thread its own working directory, if the system supports it."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).unshare(CLONE_FS)  # needs no privileges; has no effect if refused


def temporary_folders() -> list[Path]:
    """Folders for temporary files, the fastest first: in memory, if the system has such a folder."""
    return [*filter(Path.is_dir, [Path("/dev/shm")]), Path(tempfile.gettempdir())]


def open_without_use(path: Path) -> int:
    """Open a file for reading, as a descriptor, without changing its access time if the system allows that."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    with contextlib.suppress(PermissionError):  # only the owner of the file may request this
        return os.open(path, flags | getattr(os, "O_NOATIME", 0))
    return os.open(path, flags)


def when_free(act: Callable[[], object]) -> None:
    """Rename or remove a file. On Windows, retry for about a second while another process reads the file.

    Raises:
        OSError: it still fails, or fails for another reason.
    """
    for pause in PAUSES_S if sys.platform == "win32" else ():
        try:
            act()
            return
        except PermissionError:
            time.sleep(pause)
    act()


def link(path: Path, target: Path) -> None:
    """Make ``path`` a link to the file ``target``: symbolic, or hard if Windows does not permit symbolic links.

    Raises:
        OSError: ``path`` exists, or the file system has no links.
    """
    try:
        path.symlink_to(target)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        path.hardlink_to(target)


def is_link(path: Path) -> bool:
    """Whether a path is a link to a file, as made by :func:`link`; False if it does not exist."""
    try:
        return path.is_symlink() or path.stat().st_nlink > 1
    except OSError:
        return False


def worker_context(preload: str) -> "SpawnContext | ForkServerContext":
    """How worker processes start.

    A fork of a process that has run TensorFlow hangs, but a fork of one that only imported it does not. On Linux, a
    server process imports TensorFlow once, and each worker is a fork of that server.

    Args:
        preload: the module that the server imports.
    """
    import multiprocessing

    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    return context


def is_reserved(name: str) -> bool:
    """Whether Windows treats a file name as a device: ``CON``, ``nul.txt``."""
    return name.partition(".")[0].rstrip(" ").upper() in RESERVED


def _cpu_info(name: str) -> str:
    """The first value of a field of ``/proc/cpuinfo``; empty if there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")
