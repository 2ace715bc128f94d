"""Finished runs are reused for the same data, code and engine, and for nothing else."""

import numpy as np
import pytest

import optbench
from optbench.datasets.base import Dataset, Split
from optbench.spec import run
from tests.study.test_study import job, study


def table(path):
    """A data set of a user's: a CSV file with two numbers and a class in each row."""
    rows = np.loadtxt(path, delimiter=",", dtype=np.float32)
    x, y = rows[:, :2], rows[:, 2].astype(np.int32)
    return Dataset(Split(x[:40], y[:40]), Split(x[40:], y[40:]), None, "mine", "classification", classes=2)


@pytest.fixture
def path(tmp_path):
    """Such a file."""
    return write(tmp_path / "data.csv", flipped=0)


def write(path, flipped):
    """Write the file, the classes of the first rows flipped."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    y = (x[:, 0] > 0).astype(int)
    y[:flipped] = 1 - y[:flipped]
    np.savetxt(path, np.column_stack([x, y]), delimiter=",")
    return path


def trained(folder, path, seeds=2):
    """How many runs a study of this file trains."""
    node = {"_target_": "tests.study.test_reuse.table", "path": str(path)}
    this = study()
    this.add([job(folder, seeds=seeds, dataset_node=node, compile="eager")])
    assert this.finish() == 0
    return this.trained


def test_the_same_file_is_reused_and_a_changed_one_is_not(tmp_path, path):
    assert [trained(tmp_path, path) for _ in range(2)] == [2, 0]
    write(path, flipped=20)
    assert trained(tmp_path, path) == 2
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert len(runs) == 2  # of the changed file: those of the old one are no longer named
    write(path, flipped=0)
    assert trained(tmp_path, path) == 0


def test_old_and_new_data_never_stand_in_one_median(tmp_path, path):
    trained(tmp_path, path, seeds=2)
    write(path, flipped=20)
    assert trained(tmp_path, path, seeds=3) == 3
    runs, _ = optbench.load(tmp_path / "results", "trial")
    assert runs["problem_id"].nunique() == 1
    assert sorted(runs["seed"]) == [0, 1, 2]


def test_another_engine_trains_again(tmp_path, path, monkeypatch):
    trained(tmp_path, path)
    monkeypatch.setattr(run, "ENGINE_VERSION", run.ENGINE_VERSION + 1)
    assert trained(tmp_path, path) == 2


def test_code_that_cannot_be_identified_is_trained_again_each_time_and_that_is_said(
    tmp_path, path, monkeypatch, capsys
):
    monkeypatch.setattr("tests.study.test_reuse.SOMETHING", object(), raising=False)
    node = {"_target_": "tests.study.test_reuse.table_of_something", "path": str(path)}
    for _ in range(2):
        this = study(quiet=False)
        this.add([job(tmp_path, seeds=2, dataset_node=node, compile="eager")])
        this.finish()
        assert this.trained == 2
        assert "Trained again in each study: 2 runs of sgd." in capsys.readouterr().out


def table_of_something(path):
    """A data set that depends on an object that is no data."""
    assert SOMETHING is not None
    return table(path)


SOMETHING = None
