"""The store of compiled programs: only intact entries are used, and no failure of the store raises an exception."""

import os
import threading
import time

import pytest

from optbench.runtime import compilation_cache
from optbench.runtime.compilation_cache import CompilationCache, clear, digest_of, entries, intact_entries, trim

KEY = "tensorflow-2.21.0-0123456789abcdef"
PROGRAM = "0123abcd"
CONTENT = bytes(range(256)) * 64


@pytest.fixture
def store(tmp_path):
    """A folder in which entries of one key are kept."""
    return tmp_path / "programs" / KEY


def make_cache(tmp_path, store, name="private"):
    """A cache of a process of its own."""
    private = tmp_path / name
    private.mkdir()
    cache = CompilationCache(private)
    cache.load(store)
    cache.find(PROGRAM)
    return cache


def publish(cache, name="optbench__1__2__XLA_CPU_JIT.pb", content=CONTENT):
    """Write an entry as XLA does, and move it into the store; the stored file."""
    (cache.private / name).write_bytes(content)
    cache.publish(PROGRAM)
    (stored,) = [path for path in entries(cache._store.parent) if path.name.startswith(f"{PROGRAM}-{name}")]
    return stored


@pytest.fixture(params=[True, False], ids=["symbolic links", "hard links"])
def links(request, monkeypatch):
    """A system with symbolic links, and one that refuses them."""

    def refuse(*_, **__):
        raise OSError(1, "A required privilege is not held by the client")

    if not request.param:
        monkeypatch.setattr(os, "symlink", refuse)


def test_an_entry_of_one_process_is_found_by_the_next(links, tmp_path, store):
    stored = publish(make_cache(tmp_path, store))
    following = make_cache(tmp_path, store, "next")
    (found,) = following.private.iterdir()
    assert (found.name, found.read_bytes()) == ("optbench__1__2__XLA_CPU_JIT.pb", CONTENT)
    assert stored.name == f"{PROGRAM}-{found.name}-{digest_of(stored)}"
    assert following.new_entries() == []
    following.close()
    assert entries(store.parent) == [stored]


def test_entries_of_other_programs_are_not_read(tmp_path, store, monkeypatch):
    cache, read = make_cache(tmp_path, store), []
    mine = publish(cache)
    (cache.private / "optbench__other.pb").write_bytes(CONTENT)
    cache.publish("0123abce")
    (cache.private / "optbench__unnamed.pb").write_bytes(CONTENT)
    cache.publish()
    monkeypatch.setattr(compilation_cache, "digest_of", lambda path: read.append(path) or digest_of(path))
    following = make_cache(tmp_path, store, "next")
    assert read == [mine]
    following.find()
    assert sorted(path.name for path in following.private.iterdir()) == [
        "optbench__1__2__XLA_CPU_JIT.pb",
        "optbench__unnamed.pb",
    ]


def test_an_entry_is_found_for_each_program_that_was_being_compiled_and_a_trace_for_its_own(tmp_path, store):
    cache, other = make_cache(tmp_path, store), "0123abce"
    cache.find(other)
    cache.write("trace.pb", CONTENT, PROGRAM)
    (cache.private / "optbench__1.pb").write_bytes(CONTENT)  # of one of the two: XLA does not say which
    cache.publish(other)
    (cache.private / "optbench__2.pb").write_bytes(CONTENT)  # the other one has ended
    cache.publish(PROGRAM)
    names = sorted(path.name.rpartition("-")[0] for path in entries(store.parent))
    expected = {PROGRAM: ["optbench__1.pb", "optbench__2.pb", "trace.pb"], other: ["optbench__1.pb"]}
    assert names == sorted(f"{program}-{name}" for program, found in expected.items() for name in found)
    assert cache.new_entries() == []


def test_an_entry_of_a_process_that_runs_beside_it_is_found(tmp_path, store):
    first, second = make_cache(tmp_path, store), make_cache(tmp_path, store, "second")
    stored = publish(first)
    assert list(second.private.iterdir()) == []
    second.find(PROGRAM)
    (found,) = second.private.iterdir()
    assert found.read_bytes() == CONTENT
    publish(first, "optbench__bad.pb").write_bytes(CONTENT[:-1])
    second.find(PROGRAM)
    assert list(second.private.iterdir()) == [found]
    assert entries(store.parent) == [stored]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: content + b"\0",
        *[
            (lambda content, bit=bit: bytes(b ^ (1 << bit % 8) if i == bit // 8 else b for i, b in enumerate(content)))
            for bit in (0, 4711, len(CONTENT) * 8 - 1)
        ],
    ],
    ids=["truncated", "empty", "longer", "first bit", "a bit", "last bit"],
)
def test_a_damaged_entry_is_removed_before_xla_sees_it(tmp_path, store, damage):
    good = publish(make_cache(tmp_path, store), "optbench__good.pb")
    bad = publish(make_cache(tmp_path, store, "other"), "optbench__bad.pb")
    bad.write_bytes(damage(bad.read_bytes()))
    following = make_cache(tmp_path, store, "next")
    assert [path.name for path in following.private.iterdir()] == ["optbench__good.pb"]
    assert entries(store.parent) == [good]


def test_a_half_written_entry_is_left_alone_while_it_may_be_finished(tmp_path, store):
    store.mkdir(parents=True)
    writing, abandoned = store / ".0123.tmp", store / ".4567.tmp"
    for path in (writing, abandoned):
        path.write_bytes(CONTENT[:100])
    os.utime(abandoned, (0, 0))
    make_cache(tmp_path, store)
    assert list(intact_entries(store, PROGRAM)) == []
    assert (writing.exists(), abandoned.exists()) == (True, False)


def test_a_file_of_somebody_elses_in_the_store_is_no_entry(tmp_path, store):
    store.mkdir(parents=True)
    (store / f"{PROGRAM}-optbench__1.pb").write_bytes(CONTENT)  # almost as XLA itself would have written it there
    assert list(make_cache(tmp_path, store).private.iterdir()) == []


def test_the_least_recently_used_entries_exceed_the_limit(tmp_path, store):
    cache = make_cache(tmp_path, store)
    stored = [publish(cache, f"optbench__{i}.pb") for i in range(4)]
    for age, path in zip((30, 10, 40, 20), stored, strict=True):
        os.utime(path, (time.time() - age,) * 2)
    trim(store.parent, limit=2 * len(CONTENT))
    assert set(entries(store.parent)) == {stored[1], stored[3]}


def test_an_entry_that_was_read_is_used_recently(tmp_path, store):
    stored = publish(make_cache(tmp_path, store))
    old = time.time() - 1000
    os.utime(stored, (old - 1, old))
    unread = make_cache(tmp_path, store, "unread")
    unread.close()
    assert stored.stat().st_mtime == pytest.approx(old)
    reader = make_cache(tmp_path, store, "reader")
    os.utime(stored, (old + 1, old))  # as reading does, where the file system notes it
    reader.close()
    assert stored.stat().st_mtime > old + 500
    assert stored.stat().st_atime < stored.stat().st_mtime


def test_the_private_folder_ends_with_the_process(tmp_path, store):
    cache = make_cache(tmp_path, store)
    stored = publish(cache)
    cache.close()
    assert not cache.private.exists()
    assert stored.read_bytes() == CONTENT


def test_private_folders_of_killed_processes_are_removed(tmp_path):
    dead = tmp_path / f"{compilation_cache.PRIVATE}{2**22 + 1}-abc"
    alive = tmp_path / f"{compilation_cache.PRIVATE}{os.getpid()}-abc"
    for folder in (dead, alive):
        folder.mkdir()
    compilation_cache._remove_abandoned(tmp_path)
    assert (dead.exists(), alive.exists()) == (False, True)


def test_a_store_that_cannot_be_written_to_costs_the_entry_and_nothing_else(tmp_path, store):
    store.parent.mkdir()
    store.write_text("a file where the folder should be")  # as for root no folder is read-only
    cache = make_cache(tmp_path, store)
    (cache.private / "optbench__1.pb").write_bytes(CONTENT)
    cache.publish()
    assert (cache.private / "optbench__1.pb").read_bytes() == CONTENT
    cache.close()


def test_a_full_disk_costs_the_entry_and_leaves_nothing_half_written(tmp_path, store, monkeypatch):
    def copy_half(source, target):
        """Write a part, and find no room for the rest."""
        target.write_bytes(source.read_bytes()[:10])
        raise OSError(28, "No space left on device")

    cache = make_cache(tmp_path, store)
    (cache.private / "optbench__1.pb").write_bytes(CONTENT)
    monkeypatch.setattr("shutil.copyfile", copy_half)
    cache.publish()
    assert list(store.iterdir()) == []
    assert [path.name for path in cache.new_entries()] == ["optbench__1.pb"]


def test_without_room_for_what_xla_writes_there_is_no_cache(monkeypatch, tmp_path):
    monkeypatch.setenv(compilation_cache.SWITCH, str(tmp_path))
    monkeypatch.setattr(compilation_cache, "MARGIN", 2**80)
    assert compilation_cache.open_cache() is None


def test_switched_off_there_is_no_cache(monkeypatch):
    monkeypatch.setenv(compilation_cache.SWITCH, "off")
    assert compilation_cache.root() is None
    assert compilation_cache.open_cache() is None


def test_processes_that_publish_at_once_leave_intact_entries(tmp_path, store):
    caches = [make_cache(tmp_path, store, f"private{i}") for i in range(4)]

    def work(cache, number):
        """Publish entries that others publish too, some with other bytes."""
        for i in range(25):
            (cache.private / f"optbench__{i}.pb").unlink(missing_ok=True)
            (cache.private / f"optbench__{i}.pb").write_bytes(CONTENT + bytes([number % 2]))
            cache.publish(PROGRAM)

    threads = [threading.Thread(target=work, args=(cache, number)) for number, cache in enumerate(caches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(intact_entries(store, PROGRAM))) == len(entries(store.parent)) == 50
    assert len(list(make_cache(tmp_path, store, "next").private.iterdir())) == 25


def test_the_key_names_what_machine_code_depends_on(monkeypatch):
    keys = {
        compilation_cache.key("", (0, 0)),
        compilation_cache.key("--fast", (0, 0)),
        compilation_cache.key("", (1, 0)),
    }
    monkeypatch.setattr("optbench.runtime.machine.processor_features", lambda: "another")
    assert len({*keys, compilation_cache.key("", (0, 0))}) == 4


def test_all_entries_are_cleared(tmp_path, store):
    publish(make_cache(tmp_path, store))
    assert clear(store.parent) == (1, len(CONTENT))
    assert clear(store.parent) == (0, 0)
