"""What differs between operating systems, and what must not."""

import contextlib
import os
from pathlib import Path

import pytest

from optbench.runtime import system
from optbench.runtime.durable import sync_file
from optbench.runtime.files import write_text


def test_a_file_is_synced_through_a_descriptor_that_may_write(tmp_path, monkeypatch):
    """Windows refuses to sync a file that was opened for reading alone."""
    opened = []
    monkeypatch.setattr(os, "open", lambda path, flags, open=os.open: opened.append(flags) or open(path, flags))
    (tmp_path / "file").write_bytes(b"text")
    sync_file(tmp_path / "file")
    assert [flags & os.O_RDWR for flags in opened] == [os.O_RDWR]


def test_text_has_the_same_bytes_on_every_system(tmp_path, monkeypatch):
    given, write = {}, Path.write_text
    monkeypatch.setattr(Path, "write_text", lambda *text, **options: given.update(options) or write(*text, **options))
    write_text(tmp_path / "file", "one\n")
    assert given == {"encoding": "utf8", "newline": "\n"}  # Windows would write two bytes for the end of a line


def test_the_time_of_access_needs_not_be_kept(tmp_path, monkeypatch):
    """Only the owner of a file may ask for that, and only Linux can do so."""
    (tmp_path / "file").write_bytes(b"text")

    def refuse(path, flags, open=os.open):
        if flags & getattr(os, "O_NOATIME", 0):
            raise PermissionError
        return open(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    with os.fdopen(system.open_without_use(tmp_path / "file"), "rb") as file:
        assert file.read() == b"text"


@pytest.mark.parametrize(("platform", "method"), [("linux", "forkserver"), ("darwin", "spawn"), ("win32", "spawn")])
def test_workers_are_forks_on_linux_alone(monkeypatch, platform, method):
    monkeypatch.setattr("sys.platform", platform)
    assert system.worker_context("optbench.sweep.preload").get_start_method() == method


def test_a_process_runs_or_not():
    assert system.is_running(os.getpid())
    assert not system.is_running(2**22 + 1)


@pytest.mark.parametrize(("name", "reserved"), [("CON", True), ("con.txt", True), ("LPT1 ", True), ("cone", False)])
def test_names_of_devices_are_known(name, reserved):
    assert system.is_reserved(name) == reserved


@pytest.mark.parametrize(
    ("platform", "refusals", "fails"), [("win32", 2, False), ("win32", 9, True), ("linux", 1, True)]
)
def test_windows_is_asked_again_for_a_file_in_use(monkeypatch, platform, refusals, fails):
    """Linux replaces a file that is read: there, a refusal is for another reason."""
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(system, "PAUSES_S", (0, 0, 0))
    asked = []

    def act():
        asked.append(platform)
        if len(asked) <= refusals:
            raise PermissionError(13, "used by another process")

    with pytest.raises(PermissionError) if fails else contextlib.nullcontext():
        system.when_free(act)
    assert len(asked) == (min(refusals + 1, 4) if platform == "win32" else 1)


@pytest.mark.parametrize("refuses_symbolic_links", [False, True])
def test_a_link_needs_no_rights(tmp_path, monkeypatch, refuses_symbolic_links):
    def refuse(*_, **__):
        raise OSError(1, "A required privilege is not held by the client")

    if refuses_symbolic_links:
        monkeypatch.setattr(os, "symlink", refuse)
    (tmp_path / "file").write_bytes(b"text")
    system.link(tmp_path / "link", tmp_path / "file")
    assert (tmp_path / "link").read_bytes() == b"text"
    assert system.is_link(tmp_path / "link")
    assert not (refuses_symbolic_links and (tmp_path / "link").is_symlink())
    with pytest.raises(FileExistsError):
        system.link(tmp_path / "link", tmp_path / "file")
    (tmp_path / "other").write_bytes(b"text")
    assert not system.is_link(tmp_path / "other")
    assert not system.is_link(tmp_path / "nothing")
