"""The libraries' side: what goes in as files comes back as files, whatever Python does it."""

import json
import sys

import numpy as np
import pytest

from optbench.errors import ConfigError
from optbench.lab.certificates import worker
from optbench.lab.certificates.elsewhere import ask, packed, unpacked
from optbench.lab.certificates.streams import Stream
from optbench.runtime.files import read_arrays, write_arrays

TALL, BIAS = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0])
STREAMS = {"short": Stream([TALL, BIAS], [[TALL + 1, BIAS], [TALL - 1, -BIAS]])}


def task(**values):
    made_up = {"library": "Made up", "constructor": "x", "numbers": {}, "transposed": False, "kept": {"short": [0, 1]}}
    return {**made_up, **values}


@pytest.fixture
def made_up(monkeypatch):
    """A library whose updates are its gradients, and the shapes of the parameters that it was given."""
    shapes = []

    def runner(task):
        if task["constructor"] == "broken":
            raise ValueError("two\nlines")

        def run(params, grads):
            shapes.append([p.shape for p in params])
            return grads

        return run

    monkeypatch.setitem(worker.RUNNERS, "Made up", runner)
    monkeypatch.setitem(worker.MODULES, "Made up", "json")
    monkeypatch.setitem(worker.MODULES, "Not there", "no_such_module")
    monkeypatch.setattr(worker, "versions", lambda: {"Made up": "1.0"})
    return shapes


def worked(folder, tasks):
    (folder / "tasks.json").write_text(json.dumps(tasks))
    write_arrays(folder / "streams.npz", packed(STREAMS))
    worker.main(folder)
    updates = unpacked(tasks, read_arrays(folder / "updates.npz", ""))
    return updates, json.loads((folder / "answer.json").read_text())


def test_updates_come_back_by_task_stream_and_parameter(made_up, tmp_path):
    updates, answer = worked(tmp_path, [task(), task(kept={"short": [1]})])
    assert set(updates) == {(0, "short"), (1, "short")}
    np.testing.assert_array_equal(updates[0, "short"][0], [TALL + 1, TALL - 1])
    np.testing.assert_array_equal(updates[1, "short"], [[BIAS, -BIAS]])
    assert answer == {"versions": {"Made up": "1.0"}, "failures": {}}


def test_weights_that_are_stored_the_other_way_round_come_back_as_ours(made_up, tmp_path):
    updates, _ = worked(tmp_path, [task(transposed=True, kept={"short": [0]})])
    assert made_up == [[(2, 3)]]
    np.testing.assert_array_equal(updates[0, "short"][0], [TALL + 1, TALL - 1])


def test_a_library_that_is_not_there_is_left_out_and_one_that_fails_is_told_of(made_up, tmp_path):
    updates, answer = worked(tmp_path, [task(library="Not there"), task(constructor="broken"), task()])
    assert set(updates) == {(2, "short")}
    assert answer["failures"] == {"1": "ValueError: two lines"}


def test_lists_are_handed_over_as_tuples():
    assert worker.numbers_of({"numbers": {"betas": [0.9, 0.99], "lr": 0.1}}) == {"betas": (0.9, 0.99), "lr": 0.1}


def test_a_constructor_is_found_inside_its_package():
    assert worker.found("json", "decoder.JSONDecoder") is json.JSONDecoder


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_a_python_that_cannot_be_run_is_one_line(python):
    with pytest.raises(ConfigError, match="--oracles-python") as error:
        ask(python, [], STREAMS)
    assert python in str(error.value)
    assert "\n" not in str(error.value)


def test_the_worker_runs_in_another_process():
    answer = ask(sys.executable, [], STREAMS)
    assert (answer.updates, answer.failures) == ({}, {})
