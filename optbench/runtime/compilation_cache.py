"""Compiled programs on disk for later processes: XLA's persistent cache, backed by a verified store.

    <user's cache>/optbench/programs/<key>/<program>-<entry>-<SHA-256>    the store; only this module writes to it
    <private folder>/<entry>                                              XLA's folder: verified entries, new entries

The key covers everything besides the program that determines machine code: TensorFlow's version, the processor and its
features, the number of threads and XLA's options. XLA verifies that an entry belongs to the same program, but not that
it is intact: a flipped bit is loaded unnoticed. Therefore XLA never accesses the store. Each process gives it a private
folder with links to the entries whose digest is correct, and moves new entries from there to the store. An entry's name
contains the digest of its content, and it is moved by one rename. Entries that do not match their digest are removed.

Before each compilation the entries of that program, and no others, are verified and linked: a process that needs two
programs does not read a store of two thousand. This also finds the entries that other processes have stored meanwhile.

The cache affects only the duration of compilation. If any part of it fails, it is not used.
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
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from optbench.runtime import machine
from optbench.runtime.files import user_cache
from optbench.runtime.system import is_link, is_running, link, open_without_use, temporary_folders

log = logging.getLogger(__name__)
SWITCH = "OPTBENCH_COMPILATION_CACHE"  # environment variable, inherited by worker processes: off, or a folder
OFF = "off"
LIMIT = 2 * 2**30  # bytes of all entries; the least recently used are removed first
ABANDONED_S = 3600.0  # writing an entry takes far less time
MARGIN = 64 * 2**20  # bytes that must be free for XLA, whose compilation fails if it cannot write
PREFIX = "optbench"
PRIVATE = "optbench-programs-"  # prefix of the private folder's name, followed by the process id
ENTRY = "*.pb"  # XLA's names of entries; while one is written, its name ends in .tmp
DIGEST_LENGTH = hashlib.sha256().digest_size * 2
UNNAMED = "unnamed"  # the name of programs whose dependencies are unknown
FORMAT = "2"  # of names in the store; part of the key


def root() -> Path | None:
    """The folder of the store, for all keys; None if the cache is switched off."""
    asked = os.environ.get(SWITCH, "")
    if asked == OFF:
        return None
    return Path(asked) if asked else user_cache() / "programs"


def key(flags: str, threads: tuple[int, int]) -> str:
    """The name of the folder of entries that are valid for this process.

    Args:
        flags: XLA options.
        threads: TensorFlow's intra-op and inter-op threads; 0 is TensorFlow's default.
    """
    from importlib import metadata

    version = metadata.version("tensorflow")
    parts = [FORMAT, version, machine.processor(), machine.processor_features(), *map(str, threads), flags]
    return f"tensorflow-{version}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}"


class CompilationCache:
    """XLA's private folder in this process, and the store from which it is filled and to which it is saved."""

    def __init__(self, private: Path) -> None:
        self.private = private
        self._store: Path | None = None  # None before :meth:`load`, and if the store is not used
        self._known: set[str] = set()  # names of entries that were verified, or written by this process
        self._compiling: list[str] = []  # programs between :meth:`find` and :meth:`publish`
        self._owners: dict[str, str] = {}  # programs of optbench's own entries
        self._lock = threading.Lock()

    @property
    def flags(self) -> str:
        """TensorFlow options that make XLA use the private folder."""
        return f"--tf_xla_persistent_cache_directory={self.private} --tf_xla_persistent_cache_prefix={PREFIX}"

    def new_entries(self) -> list[Path]:
        """Entries that XLA wrote since the last :meth:`publish`."""
        return [path for path in self.private.glob(ENTRY) if not is_link(path)]

    def load(self, store: Path) -> None:
        """Use a store: find entries there, and save new entries to it from now on."""
        self._store = store
        with contextlib.suppress(OSError):
            store.mkdir(parents=True, exist_ok=True)
            remove_abandoned_entries(store)

    def find(self, program: str = UNNAMED) -> None:
        """Link the intact entries of a program for XLA, including those that other processes have stored meanwhile.

        From now until :meth:`publish`, the program counts as being compiled.

        Args:
            program: its name, in hexadecimal digits. All programs without a name share one.
        """
        if self._store is None:
            return
        with self._lock:
            self._compiling.append(program)
            for path in intact_entries(self._store, program, self._known):
                self._known.add(path.name)
                with contextlib.suppress(OSError):  # a second entry of one program: one is enough
                    link(self.private / path.name[len(program) + 1 : -DIGEST_LENGTH - 1], path)

    def read(self, name: str) -> bytes | None:
        """An entry of optbench that was intact when it was found; None if there is none."""
        try:
            return (self.private / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, content: bytes, program: str) -> None:
        """Store an entry of optbench next to XLA's; ``name`` ends in ``.pb`` and differs from all XLA names."""
        path = self.private / name
        with self._lock, contextlib.suppress(OSError):
            self._owners[name] = program
            temporary = path.with_suffix(".tmp")
            temporary.write_bytes(content)
            temporary.replace(path)

    def publish(self, program: str = UNNAMED) -> None:
        """Move new entries to the store. If that fails, XLA can still use them in this process.

        Args:
            program: the program that has been compiled. An entry of XLA does not name its program. It is stored for
                this one and for all that are being compiled on other threads.
        """
        if self._store is None:
            return self.discard()
        with self._lock:
            candidates = {program, *self._compiling}
            for path in self.new_entries():
                owners = {self._owners[path.name]} if path.name in self._owners else candidates
                try:
                    self._known.update(_store_entry(path, self._store, owners))
                except OSError as error:
                    log.info("a compiled program was not kept: %s", error)
            if program in self._compiling:
                self._compiling.remove(program)
        return None

    def discard(self) -> None:
        """Remove new entries."""
        with self._lock:
            for path in self.new_entries():
                _remove(path)

    def close(self) -> None:
        """Publish, record which entries were used, enforce the size limit, and remove the private folder."""
        if self._store is not None:
            self.publish()
            for entry in self.private.glob(ENTRY):
                _note_use(entry)
            trim(self._store.parent)
        shutil.rmtree(self.private, ignore_errors=True)


def open_cache() -> CompilationCache | None:
    """A cache for this process; None if the cache is switched off, or if no location has enough space."""
    private = None if root() is None else _private_folder()
    if private is None:
        return None
    cache = CompilationCache(private)
    atexit.register(cache.close)
    return cache


def intact_entries(store: Path, program: str, known: Container[str] = ()) -> Iterator[Path]:
    """The entries of a program whose content matches its digest, except ``known`` ones; others are removed."""
    for path in _files(store, f"{program}-"):
        if path.name in known:
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
    """All entries in the store, the least recently used first."""
    found = [path for store in folder.glob("tensorflow-*") for path in _files(store)]
    return sorted(found, key=_time_of_use)


def size_of(paths: list[Path]) -> int:
    """The total size of these files in bytes. Files that no longer exist count as 0."""
    return sum(map(_size, paths))


def trim(folder: Path, limit: int = LIMIT) -> None:
    """Remove the least recently used entries until the total size is at most ``limit`` bytes."""
    found = entries(folder)
    excess = size_of(found) - limit
    for path in found:
        if excess <= 0:
            break
        excess -= _size(path)
        _remove(path)


def clear(folder: Path) -> tuple[int, int]:
    """Remove all entries. Returns their number and total size in bytes."""
    found = entries(folder)
    size = size_of(found)
    for path in found:
        _remove(path)
    return len(found), size


def digest_of(path: Path) -> str:
    """The hexadecimal SHA-256 of a file's content. Reading it does not count as use, if the system allows that."""
    with os.fdopen(open_without_use(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _private_folder() -> Path | None:
    """A new folder for XLA, in memory if possible; None if no location has enough space."""
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


def _store_entry(path: Path, store: Path, programs: Iterable[str]) -> list[str]:
    """Copy an entry to the store, for each of ``programs``, and replace it by a link. Returns its names there."""
    digest = digest_of(path)
    stored = [store / f"{program}-{path.name}-{digest}" for program in programs]
    for place in stored:
        temporary = store / f".{uuid.uuid4().hex}.tmp"
        try:
            shutil.copyfile(path, temporary)
            temporary.replace(place)
        finally:
            _remove(temporary)
    linked = path.with_name(f"{path.name}.link")
    link(linked, stored[-1])
    linked.replace(path)
    return [place.name for place in stored]


def _note_use(entry: Path) -> None:
    """Set the modification time of an entry to now if it was read since; an earlier access time marks it as unread."""
    with contextlib.suppress(OSError):
        state = entry.stat()
        if state.st_atime > state.st_mtime:
            now = time.time()
            os.utime(entry, (now - 1, now))


def remove_abandoned_entries(store: Path) -> None:
    """Remove partly written files whose process was killed."""
    for path in store.glob(".*"):
        if time.time() - _time_of_use(path) > ABANDONED_S:
            _remove(path)


def _files(store: Path, start: str = "") -> list[Path]:
    """The entries of a store whose names begin with ``start``. A file that is being written begins with a dot."""
    try:
        with os.scandir(store) as found:
            return [store / e.name for e in found if e.name.startswith(start) and not e.name.startswith(".")]
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
