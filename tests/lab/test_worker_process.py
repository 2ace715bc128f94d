"""A worker process: it answers questions in any Python, reports errors, and is missed when it ends."""

import os
import sys

import pytest

from optbench.lab import worker_loop
from optbench.lab.certificates import library_worker
from optbench.lab.gates.sides import TIMING_WORKER
from optbench.lab.worker_process import AnswerError, WorkerError, WorkerProcess

WORKER = """
import sys

print("noise while it starts", flush=True)

def start():
    return answer

def answer(question):
    print("noise while it answers", flush=True)
    if "fail" in question:
        raise ValueError("two\\nlines")
    if "exit" in question:
        sys.exit("the last words.")
    return {"doubled": 2 * question["number"], "modules": sorted(sys.modules), "path": sys.path}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "worker.py"
    path.write_text(WORKER)
    return str(path)


@pytest.fixture
def worker(file):
    with WorkerProcess(sys.executable, file, ["-I"]) as worker:
        yield worker


def test_a_worker_answers_whatever_is_printed(worker):
    assert worker.ask(number=2)["doubled"] == 4
    assert worker.ask(number=0.1)["doubled"] == 0.2


def test_a_worker_imports_nothing_of_optbench(worker):
    answer = worker.ask(number=1)
    assert not [name for name in answer["modules"] if name.startswith(("optbench", "numpy"))]
    assert os.path.dirname(worker_loop.__file__) not in answer["path"]  # noqa: PTH120


@pytest.mark.parametrize("module", [worker_loop.__file__, library_worker.__file__, TIMING_WORKER])
def test_what_runs_in_a_worker_does_not_mention_optbench_in_its_imports(module):
    with open(module, encoding="utf8") as file:  # noqa: PTH123
        imports = [line.strip() for line in file if line.strip().startswith(("import ", "from "))]
    assert imports
    assert not [line for line in imports if "optbench" in line]


def test_an_error_is_reported_and_the_worker_goes_on(worker):
    with pytest.raises(AnswerError, match=r"^ValueError: two lines$"):
        worker.ask(fail=True)
    assert worker.ask(number=1)["doubled"] == 2


def test_a_worker_that_ends_is_reported_with_its_last_line(worker):
    for _ in range(2):  # the second question finds no process
        with pytest.raises(WorkerError, match=r"ended early, with exit code 1: the last words\.$") as error:
            worker.ask(exit=True)
        assert not isinstance(error.value, AnswerError)


def test_a_python_that_is_not_there_is_reported(file):
    with pytest.raises(WorkerError, match="cannot be run: No such file"):
        WorkerProcess("/nowhere/python", file)


def test_the_directory_and_the_environment_are_those_that_were_given(tmp_path):
    file = tmp_path / "worker.py"
    file.write_text(
        "import os\ndef start():\n    return lambda q: {'cwd': os.getcwd(), 'value': os.environ['VALUE']}\n"
    )
    with WorkerProcess(sys.executable, str(file), ["-P"], tmp_path, {**os.environ, "VALUE": "x"}) as worker:
        assert worker.ask() == {"cwd": str(tmp_path), "value": "x"}
