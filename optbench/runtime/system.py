"""What differs between operating systems. No other module asks which one this is, or uses what only some of them have.

Linux, macOS and Windows are supported. Where a system does not tell a fact, the function says what it returns instead.
``tests/test_architecture.py`` asserts that ``/proc``, ``fork`` and POSIX-only calls appear here alone.
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

CLONE_FS = 0x200  # of unshare(2)
PAUSES_S = (0.01, 0.03, 0.1, 0.3, 0.6)  # between attempts at a file that another process reads
RESERVED = frozenset(  # file names that Windows takes for devices, with any suffix and in any case
    ["CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in [*range(10), *"¹²³"])]
)


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The name of the processor, or of its architecture where the system does not tell the name."""
    return _cpu_info("model name") or platform.processor() or platform.machine()


def processor_features() -> str:
    """The features of the processor, such as ``avx512f``, as the system lists them; empty where it does not."""
    return _cpu_info("flags") or _cpu_info("Features")


def free_memory() -> int:
    """Bytes of main memory that are free or can be freed without swapping."""
    import psutil  # `--help` needs neither this nor multiprocessing

    return int(psutil.virtual_memory().available)


def is_running(process: int) -> bool:
    """Whether a process of this number runs."""
    import psutil

    return bool(psutil.pid_exists(process))


def separate_thread() -> None:
    """Give this thread a working directory of its own, where the system can do so."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).unshare(CLONE_FS)  # needs no rights; without effect where it is refused


def temporary_folders() -> list[Path]:
    """Folders for temporary files, the fastest first: in memory, where the system has such a folder."""
    return [*filter(Path.is_dir, [Path("/dev/shm")]), Path(tempfile.gettempdir())]


def open_without_use(path: Path) -> int:
    """Open a file for reading, as a descriptor. Its time of access stays as it is, where the system allows that."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    with contextlib.suppress(PermissionError):  # only the owner of the file may ask for that
        return os.open(path, flags | getattr(os, "O_NOATIME", 0))
    return os.open(path, flags)


def when_free(act: Callable[[], object]) -> None:
    """Rename or remove a file. Windows refuses to while another process reads it: try again, about a second in all.

    Raises:
        OSError: it is refused still, or for another reason.
    """
    for pause in PAUSES_S if sys.platform == "win32" else ():
        try:
            act()
            return
        except PermissionError:
            time.sleep(pause)
    act()


def link(path: Path, target: Path) -> None:
    """Make ``path`` a second name of the file ``target``. Windows may have no right to symbolic links: a hard one.

    Raises:
        OSError: there is such a path, or the file system has no links.
    """
    try:
        path.symlink_to(target)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        path.hardlink_to(target)


def is_link(path: Path) -> bool:
    """Whether a path is a further name of a file, as :func:`link` makes it; False where there is none."""
    try:
        return path.is_symlink() or path.stat().st_nlink > 1
    except OSError:
        return False


def worker_context(preload: str) -> "SpawnContext | ForkServerContext":
    """How worker processes start.

    A fork of a process that runs TensorFlow hangs, but one of a process that only imported it does not: on Linux, a
    server imports TensorFlow once and each worker is a fork of that server.

    Args:
        preload: the module that such a server imports.
    """
    import multiprocessing

    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    return context


def is_reserved(name: str) -> bool:
    """Whether Windows takes a file of this name for a device: ``CON``, ``nul.txt``."""
    return name.partition(".")[0].rstrip(" ").upper() in RESERVED


def _cpu_info(name: str) -> str:
    """The first value of a field of ``/proc/cpuinfo``; empty where there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")
