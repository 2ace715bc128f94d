"""Signals that end a study: finished runs are written, the exit code identifies the signal, and no worker is left."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from optbench.results.store import Store
from tests import forks
from tests.commands import environment_of_a_user

LONG = ("optimizer=sgd", "dataset=iris", "model=softmax", "epochs=800", "seeds=400", "timing=false", "name=long")


def start(folder, *more):
    """A study that goes on for a minute, once it trains."""
    study = forks.start_module("optbench", *LONG, *more, cwd=folder, env=environment_of_a_user())
    until(lambda: list(folder.glob("results/runs/*.parquet")) or not study.is_alive)
    assert study.is_alive, study.wait()
    return study


def until(condition):
    """Wait for a condition, at most two minutes."""
    ends = time.monotonic() + 120
    while not condition() and time.monotonic() < ends:
        time.sleep(0.05)
    assert condition()


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_study_as_ctrl_c_does(tmp_path, name, code):
    study = start(tmp_path, "report.format=[md]")
    study.send(getattr(signal, name))
    done = study.wait()
    assert (done.returncode, done.stderr) == (code, "")
    store = Store(tmp_path / "results")
    rows = store.runs({run.run_id for run in store.read_study("long").runs})
    assert 0 < (rows["status"] == "done").sum() < 400
    assert (tmp_path / "reports" / "long" / "report.md").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by their working directory in /proc")
def test_workers_end_with_their_study(tmp_path):
    study = start(tmp_path, "executor=processes", "workers=1")
    assert processes_in(tmp_path)
    study.send(signal.SIGKILL)
    done = study.wait()
    assert done.returncode == -signal.SIGKILL
    until(lambda: not processes_in(tmp_path))
    assert "Traceback" not in done.stderr


def processes_in(folder):
    """The processes that work in a folder, but for those that have ended."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and process.name != str(os.getpid()):
                found.append(process.name)
        except OSError:
            continue
    return found
