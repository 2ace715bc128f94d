"""Compiled programs on disk, for processes to come: XLA's persistent cache behind a store that is verified.

    <user's cache>/optbench/programs/<key>/<program>-<entry>-<SHA-256>    the store; only this module writes to it
    <private folder>/<entry>                                              XLA's folder: verified entries, new entries

The key names everything that machine code depends on beside the program: TensorFlow's version, the processor and its
features, the threads, XLA's options. XLA verifies that an entry is of the same program, but not that it is intact: a
flipped bit is loaded without notice. So XLA never sees the store. Each process gives it a private folder with links to
those entries whose digest is right, and moves new entries from there into the store, each under the digest of its
content and by one rename. Entries that do not fit their digest are removed.

Entries are verified before each compilation, those of the program that is compiled and no others: a process that needs
two programs does not read a store of two thousand. So it also finds what other processes kept meanwhile.

The cache changes how long compilation takes and nothing else: whatever goes wrong with it, it is left out.
"""

import atexit
import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Container, Iterator
from pathlib import Path

from optbench.runtime import machine
from optbench.runtime.files import user_cache
from optbench.runtime.system import is_link, is_running, link, open_without_use, temporary_folders

log = logging.getLogger(__name__)
SWITCH = "OPTBENCH_COMPILATION_CACHE"  # in the environment, which worker processes inherit: off, or a folder
OFF = "off"
LIMIT = 2 * 2**30  # bytes of all entries; the least recently used are removed first
ABANDONED_S = 3600.0  # an entry is written in far less
MARGIN = 64 * 2**20  # bytes that must be free where XLA writes, for it fails the compilation where it cannot write
PREFIX = "optbench"
PRIVATE = "optbench-programs-"  # the private folder's name, followed by the process
ENTRY = "*.pb"  # what XLA calls an entry; while it writes one, the name ends in .tmp
DIGEST_LENGTH = hashlib.sha256().digest_size * 2
UNNAMED = "unnamed"  # programs of which it is not known what they depend on
FORMAT = "2"  # of the names in the store; entries of another one are in folders of other keys


def root() -> Path | None:
    """The folder of the store, of all keys; None where the cache is switched off."""
    asked = os.environ.get(SWITCH, "")
    if asked == OFF:
        return None
    return Path(asked) if asked else user_cache() / "programs"


def key(flags: str, threads: tuple[int, int]) -> str:
    """The name of the folder of entries that fit this process.

    Args:
        flags: XLA's options.
        threads: TensorFlow's intra-op and inter-op threads; 0 is its own choice.
    """
    from importlib import metadata

    version = metadata.version("tensorflow")
    parts = [FORMAT, version, machine.processor(), machine.processor_features(), *map(str, threads), flags]
    return f"tensorflow-{version}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}"


class CompilationCache:
    """XLA's private folder in this process, and the store that it is filled from and emptied into."""

    def __init__(self, private: Path) -> None:
        self.private = private
        self._store: Path | None = None  # none before :meth:`load`, and where the store is not used
        self._known: set[str] = set()  # names in the store that were verified, or written by this process
        self._lock = threading.Lock()

    @property
    def flags(self) -> str:
        """The options of TensorFlow that make XLA use the private folder."""
        return f"--tf_xla_persistent_cache_directory={self.private} --tf_xla_persistent_cache_prefix={PREFIX}"

    def new_entries(self) -> list[Path]:
        """Entries that XLA wrote since the last :meth:`publish`."""
        return [path for path in self.private.glob(ENTRY) if not is_link(path)]

    def load(self, store: Path) -> None:
        """Look for entries in a store, and keep new entries there from now on."""
        self._store = store
        with contextlib.suppress(OSError):
            store.mkdir(parents=True, exist_ok=True)
            remove_abandoned_entries(store)

    def find(self, program: str = UNNAMED) -> None:
        """Let XLA find the intact entries of a program, also those that other processes kept meanwhile.

        Args:
            program: its name, hexadecimal digits; entries of programs without a name are found together.
        """
        if self._store is None:
            return
        with self._lock:
            for path in intact_entries(self._store, program, self._known):
                self._known.add(path.name)
                with contextlib.suppress(OSError):  # a second entry of one program: one of them will do
                    link(self.private / path.name[len(program) + 1 : -DIGEST_LENGTH - 1], path)

    def read(self, name: str) -> bytes | None:
        """An entry of our own, which was intact when it was found; None where there is none."""
        try:
            return (self.private / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Keep an entry of our own beside XLA's; ``name`` ends in ``.pb`` and differs from all that XLA gives."""
        path = self.private / name
        with self._lock, contextlib.suppress(OSError):
            temporary = path.with_suffix(".tmp")
            temporary.write_bytes(content)
            temporary.replace(path)

    def publish(self, program: str = UNNAMED) -> None:
        """Move new entries into the store. Where that cannot be done, XLA still has them in this process.

        Args:
            program: which they are kept for. An entry of another one, compiled on another thread, may be among them;
                a process to come then compiles that one again.
        """
        if self._store is None:
            return self.discard()
        with self._lock:
            for path in self.new_entries():
                try:
                    self._known.add(_store_entry(path, self._store, program))
                except OSError as error:
                    log.info("a compiled program was not kept: %s", error)
        return None

    def discard(self) -> None:
        """Remove new entries."""
        with self._lock:
            for path in self.new_entries():
                _remove(path)

    def close(self) -> None:
        """Publish, note which entries were used, remove what exceeds the limit, and remove the private folder."""
        if self._store is not None:
            self.publish()
            for entry in self.private.glob(ENTRY):
                _note_use(entry)
            trim(self._store.parent)
        shutil.rmtree(self.private, ignore_errors=True)


def open_cache() -> CompilationCache | None:
    """A private folder for this process; None where the cache is switched off, or where no place has room for it."""
    private = None if root() is None else _private_folder()
    if private is None:
        return None
    cache = CompilationCache(private)
    atexit.register(cache.close)
    return cache


def intact_entries(store: Path, program: str, known: Container[str] = ()) -> Iterator[Path]:
    """The entries of a program that have the digest in their name, without ``known`` ones; damaged ones are removed."""
    for path in _files(store):
        if not path.name.startswith(f"{program}-") or path.name in known:
            continue
        try:
            intact = path.name[-DIGEST_LENGTH:] == digest_of(path)
        except OSError:  # another process removed it, or it cannot be read
            continue
        if intact:
            yield path
        else:
            log.info("a damaged compiled program was removed: %s", path)
            _remove(path)


def entries(folder: Path) -> list[Path]:
    """All entries below the folder of the store, the least recently used first."""
    found = [path for store in folder.glob("tensorflow-*") for path in _files(store)]
    return sorted(found, key=_time_of_use)


def size_of(paths: list[Path]) -> int:
    """Bytes of these files; those that vanished count as nothing."""
    return sum(map(_size, paths))


def trim(folder: Path, limit: int = LIMIT) -> None:
    """Remove the least recently used entries until all are at most ``limit`` bytes."""
    found = entries(folder)
    excess = size_of(found) - limit
    for path in found:
        if excess <= 0:
            break
        excess -= _size(path)
        _remove(path)


def clear(folder: Path) -> tuple[int, int]:
    """Remove all entries; how many there were, and their bytes."""
    found = entries(folder)
    size = size_of(found)
    for path in found:
        _remove(path)
    return len(found), size


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal. Reading it does not count as use, where the system allows that."""
    with os.fdopen(open_without_use(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _private_folder() -> Path | None:
    """A new folder for XLA to write to, in memory where possible; None where no place has room."""
    for place in temporary_folders():
        with contextlib.suppress(OSError):
            _remove_abandoned(place)
            if os.access(place, os.W_OK) and shutil.disk_usage(place).free >= MARGIN:
                return Path(tempfile.mkdtemp(prefix=f"{PRIVATE}{os.getpid()}-", dir=place))
    return None


def _remove_abandoned(place: Path) -> None:
    """Remove the private folders of processes that were killed."""
    for folder in place.glob(f"{PRIVATE}*"):
        process = folder.name.removeprefix(PRIVATE).partition("-")[0]
        if process.isdecimal() and not is_running(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _store_entry(path: Path, store: Path, program: str) -> str:
    """Copy an entry into the store, and link to it in place of the entry; its name in the store."""
    stored, temporary = store / f"{program}-{path.name}-{digest_of(path)}", store / f".{uuid.uuid4().hex}.tmp"
    try:
        shutil.copyfile(path, temporary)
        temporary.replace(stored)
    finally:
        _remove(temporary)
    linked = path.with_name(f"{path.name}.link")
    link(linked, stored)
    linked.replace(path)
    return stored.name


def _note_use(entry: Path) -> None:
    """Set the time of an entry to now if it was read since that was set; an earlier time of access marks it unread."""
    with contextlib.suppress(OSError):
        state = entry.stat()
        if state.st_atime > state.st_mtime:
            now = time.time()
            os.utime(entry, (now - 1, now))


def remove_abandoned_entries(store: Path) -> None:
    """Remove files that were being written when their process was killed."""
    for path in store.glob(".*"):
        if time.time() - _time_of_use(path) > ABANDONED_S:
            _remove(path)


def _files(store: Path) -> list[Path]:
    """The entries of a store. A file that is being written begins with a dot."""
    try:
        return [path for path in store.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []


def _time_of_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
