"""A study that was killed, or whose disk was full, continues with the missing runs and ends like others."""

import errno
import os

import pytest

import optbench
from optbench.results.store import Store
from optbench.runtime import durable
from tests import forks
from tests.conftest import ROOT
from tests.study.killed_study import POINTS, jobs
from tests.study.test_study import study

TIMES = ["serial", "compile_s", "train_s", "eval_s", "started_at", "host", "shared_by"]
ORDER = ["run_id", "step", "split", "metric"]


def finished_tables(folder, monkeypatch):
    """Run the study of ``folder`` to its end; how many runs that trained, and the tables."""
    monkeypatch.setattr("optbench.study.step_timing.step_times", lambda *_: ([], []))
    this = study()
    this.add(jobs(folder))
    assert this.finish() == 0
    runs, curves = optbench.load(folder / "results", "trial")
    assert Store(folder / "results").quarantined_files() == []
    return (
        this.trained,
        runs.drop(columns=TIMES).sort_values("run_id", ignore_index=True),
        curves.sort_values(ORDER, ignore_index=True),
    )


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        return finished_tables(tmp_path_factory.mktemp("unbroken"), monkeypatch)


@pytest.mark.parametrize("point", POINTS)
def test_a_study_killed(point, unbroken, tmp_path, monkeypatch):
    killed = forks.start_module("tests.study.killed_study", tmp_path, point, cwd=ROOT, env=os.environ).wait()
    assert killed.returncode == -9
    kept = len(Store(tmp_path / "results").finished_run_ids()) if (tmp_path / "results").exists() else 0
    trained, runs, curves = finished_tables(tmp_path, monkeypatch)
    assert trained == 60 - kept
    assert runs.equals(unbroken[1])
    assert curves.equals(unbroken[2])


@pytest.mark.parametrize("last", [3, 9], ids=["nothing was trained", "a part was trained"])
def test_a_study_whose_disk_is_full(last, unbroken, tmp_path, monkeypatch):
    writes, write_bytes = [], durable.write_bytes

    def write(path, content):
        writes.append(path)
        if len(writes) > last:
            write_bytes(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write_bytes(path, content)

    with monkeypatch.context() as full:
        full.setattr(durable, "write_bytes", write)
        this = study()
        with pytest.raises(OSError, match="No space left"):
            this.add(jobs(tmp_path))
        this.close()
    kept = len(Store(tmp_path / "results").finished_run_ids())
    trained, runs, curves = finished_tables(tmp_path, monkeypatch)
    assert (kept > 0, trained) == (last > 3, 60 - kept)
    assert runs.equals(unbroken[1])
    assert curves.equals(unbroken[2])
