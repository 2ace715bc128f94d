"""Streams that are full, closed or flooded; working directories that change; processes that fork."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from optbench.runtime import output
from optbench.runtime.output import MOST_LINES, TolerantStream
from optbench.runtime.system import separate_thread
from optbench.runtime.user_exits import contained


class Full:
    """A stream on a full disk."""

    def write(self, text):
        raise OSError(28, "No space left on device")

    def flush(self):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("method", ["write", "flush"])
def test_a_full_disk_is_remembered_and_raises_nothing(method):
    stream = TolerantStream(Full())
    for _ in range(2):
        stream.write("text") if method == "write" else stream.flush()
    assert stream.error.strerror == "No space left on device"


@pytest.mark.parametrize(("encoding", "shown"), [("cp1252", "µ ? ok"), ("ascii", "? ? ok"), ("utf8", "µ α ok")])
def test_what_an_encoding_lacks_is_a_question_mark(encoding, shown):
    written = io.BytesIO()
    stream = TolerantStream(io.TextIOWrapper(written, encoding))
    stream.write("µ α ")
    stream.write("ok")
    stream.flush()
    assert written.getvalue().decode(encoding) == shown
    assert stream.error is None


def test_user_code_that_floods_the_terminal_is_cut_and_nothing_else_is(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", TolerantStream(sys.stdout))
    with contained():
        for number in range(3 * MOST_LINES):
            print(number)
    print("ours")
    with contained():
        print("theirs")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == MOST_LINES + 3
    assert lines[MOST_LINES] == output.FLOODED.strip()
    assert lines[-2:] == ["ours", "theirs"]


def test_a_changed_working_directory_is_changed_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    with contained():
        os.chdir("other")
    assert Path.cwd() == tmp_path


def test_it_is_changed_back_whichever_thread_ends_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    entered, go = threading.Event(), threading.Event()

    def second():
        with contained():
            entered.set()
            go.wait(10)

    with contained():
        os.chdir("other")
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait(10)
    go.set()
    thread.join()
    assert Path.cwd() == tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has working directories of threads")
def test_a_thread_that_trains_has_a_working_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    seen = []

    def work():
        separate_thread()
        with contained():
            os.chdir("other")
            seen.append(read_in_main.wait(10))
        seen.append(Path.cwd())

    read_in_main = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    assert Path.cwd() == tmp_path
    read_in_main.set()
    thread.join()
    assert seen == [True, tmp_path]


FORKING = """
import os
from optbench.runtime.user_exits import contained
from optbench.runtime.system import separate_thread
with contained():
    child = os.fork()
print("once", flush=True)
os.waitpid(child, 0)
"""
CLOSED = """
import os, sys
from optbench.runtime.output import open_standard_streams
open_standard_streams()
with open("first", "w") as file:
    assert file.fileno() > 2, file.fileno()
print("nobody reads this")
print("nor this", file=sys.stderr)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_process_that_user_code_forks_does_not_go_on_with_ours():
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "once\n"), done.stderr


@pytest.mark.skipif(os.name == "nt", reason="the shell closes streams with >&-")
def test_a_file_does_not_take_the_place_of_a_closed_stream(tmp_path):
    command = f"\"{sys.executable}\" -c '{CLOSED}' <&- >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert (tmp_path / "first").read_bytes() == b""
