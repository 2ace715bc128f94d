"""The lock of a results folder, held by writers that number, merge or remove files, and the folder's counters.

Readers need no lock: files are replaced atomically, and a reader that finds a file missing reads again.
"""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from optbench.errors import StoreError
from optbench.runtime import durable

NAME, SERIAL, PRUNED = ".lock", ".serial", ".pruned"  # file names in the folder
TIMEOUT_S = 600.0


class StoreLock:
    """The lock and the counters of one results folder. A reentrant context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / NAME, timeout=TIMEOUT_S)

    def __enter__(self) -> "StoreLock":
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise StoreError(
                f"{self._folder} is locked by another process for {TIMEOUT_S:g} s. Wait for it to end, or end it."
            ) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lock.release()

    def take_numbers(self, count: int, largest: Callable[[], int]) -> int:
        """The first of ``count`` unused numbers. Call it while holding the lock.

        Args:
            count: the number of numbers.
            largest: returns the largest number in use, if the counter is missing.
        """
        first = self._read(SERIAL)
        if first is None:
            first = largest() + 1
        self._write(SERIAL, first + count)
        return first

    def times_pruned(self) -> int:
        """The number of times that runs were removed from the folder."""
        return self._read(PRUNED) or 0

    def note_pruning(self) -> None:
        """Count a removal of runs. Call it while holding the lock."""
        self._write(PRUNED, self.times_pruned() + 1)

    def _read(self, name: str) -> int | None:
        try:
            return int((self._folder / name).read_text(encoding="utf8"))
        except (OSError, ValueError):
            return None

    def _write(self, name: str, number: int) -> None:
        path = self._folder / name
        temporary = path.with_name(f"{name}.tmp")
        with durable.naming(path):
            durable.write_bytes(temporary, str(number).encode())
            durable.sync_file(temporary)
            durable.rename(temporary, path)
            durable.sync_folder(self._folder)
