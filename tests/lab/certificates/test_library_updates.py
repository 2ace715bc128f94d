"""The libraries' side: the worker's answers, and what becomes of them."""

import json

import numpy as np
import pytest

from optbench.errors import ConfigError
from optbench.lab.certificates import library_worker as worker
from optbench.lab.certificates.cases import Case
from optbench.lab.certificates.library_updates import ask_for_case, ask_libraries, pack_streams
from optbench.lab.streams import Stream
from optbench.lab.worker_process import AnswerError
from optbench.runtime.files import write_arrays
from optbench.spec.about import Reference

TALL, BIAS = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0])
STREAMS = {"short": Stream([TALL, BIAS], [[TALL + 1, BIAS], [TALL - 1, -BIAS]])}


def case(constructor="x", library="Invented", rule="adam", **values):
    return Case(rule, Reference(library, constructor, {}, **values), "same")


class Worker:
    """The worker in this process."""

    def ask(self, **question):
        return worker.answer(json.loads(json.dumps(question)))

    def __init__(self, *arguments):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


@pytest.fixture
def shapes(monkeypatch):
    """A library whose updates are its gradients; the shapes of the parameters that it receives."""
    shapes = []

    def make_runner(task):
        if task["constructor"] == "broken":
            raise AnswerError("ValueError: two lines")

        def run(params, grads):
            shapes.append([p.shape for p in params])
            return grads

        return run

    monkeypatch.setitem(worker.RUNNERS, "Invented", make_runner)
    monkeypatch.setattr(worker, "versions", lambda: {"Invented": "1.0"})
    monkeypatch.setattr("optbench.lab.certificates.library_updates.WorkerProcess", Worker)
    return shapes


def updates_of(selected, folder):
    write_arrays(folder / "streams.npz", pack_streams(STREAMS))
    return ask_for_case(Worker(), selected, STREAMS, folder)


def test_updates_are_returned_by_stream_and_parameter(shapes, tmp_path):
    updates = updates_of(case(), tmp_path)["short"]
    np.testing.assert_array_equal(updates[0], [TALL + 1, TALL - 1])
    np.testing.assert_array_equal(updates[1], [BIAS, -BIAS])


def test_a_case_runs_on_the_parameters_in_its_scope(shapes, tmp_path):
    (updates,) = updates_of(case(scope="weights"), tmp_path)["short"]
    np.testing.assert_array_equal(updates, [TALL + 1, TALL - 1])


def test_weights_that_the_library_stores_transposed_are_transposed_back(shapes, tmp_path):
    (updates,) = updates_of(case(scope="weights", transposed=True), tmp_path)["short"]
    assert shapes == [[(2, 3)]]
    np.testing.assert_array_equal(updates, [TALL + 1, TALL - 1])


def test_a_library_that_is_not_installed_is_left_out_and_an_error_is_recorded(shapes):
    missing, broken, right = case(library="Missing"), case("broken", rule="sgd"), case()
    result = ask_libraries([missing, broken, right], STREAMS, "python")
    assert result.versions == {"Invented": "1.0"}
    assert set(result.updates) == {right.key}
    assert result.failures == {broken.key: "ValueError: two lines"}


def test_another_python_makes_the_updates_of_its_libraries(python_with_torch):
    right, broken, missing = (
        case("optim.SGD", "PyTorch"),
        case("optim.Nothing", "PyTorch", rule="sgd"),
        case("y", "Optax"),
    )
    right = right._replace(reference=right.reference._replace(numbers={"lr": 0.1}))
    result = ask_libraries([right, broken, missing], STREAMS, python_with_torch)
    assert result.versions == {"PyTorch": "1.2.3"}
    assert "Nothing" in result.failures[broken.key]
    for i, updates in enumerate(result.updates[right.key]["short"]):
        np.testing.assert_allclose(updates, [-0.1 * step[i] for step in STREAMS["short"].grads], rtol=1e-12)


def test_lists_become_the_tuples_that_they_were():
    assert worker.keywords({"numbers": {"betas": [0.9, 0.99], "lr": 0.1}}) == {"betas": (0.9, 0.99), "lr": 0.1}


def test_a_constructor_is_found_inside_its_package():
    assert worker.find_constructor("json", "decoder.JSONDecoder") is json.JSONDecoder


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_a_python_that_cannot_be_run_is_reported_in_one_line(python):
    with pytest.raises(ConfigError, match="--oracles-python") as error:
        ask_libraries([], STREAMS, python)
    assert python in str(error.value)
    assert "\n" not in str(error.value)
