"""Export into a running MLflow server.

MLflow does not install beside the versions of constraints.txt: ``OPTBENCH_MLFLOW`` names a Python that has ``mlflow``,
and what optbench needs without TensorFlow.
"""

import os
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.commands import exit_code_of
from tests.conftest import ROOT
from tests.report.made_up_results import Made, write

STUDY = Made("notes", optimizers=("sgd",), rates=(0.01, 10.0), seeds=2, points=3)
PYTHON = os.environ.get("OPTBENCH_MLFLOW", "")
START_S = 600  # after which a server that does not answer is given up
READ = """
import sys
from mlflow.tracking import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name("mine").experiment_id
runs = client.search_runs([experiment])
parent = next(run for run in runs if run.info.run_name == "notes")
print([file.path for file in client.list_artifacts(parent.info.run_id)])
for run in sorted(runs, key=lambda run: run.info.run_name):
    if run is not parent:
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "test/loss")]
        print(run.info.run_name, run.info.status, run.data.params["hp.learning_rate"],
              run.data.tags["optbench.status"], steps)
"""


@pytest.fixture
def server(tmp_path):
    """The address of a tracking server with SQLite."""
    if not PYTHON:
        pytest.skip("OPTBENCH_MLFLOW does not name a Python with mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    places = ["--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db", "--artifacts-destination", f"{tmp_path}/files"]
    command = [PYTHON, "-m", "mlflow", "server", *places, "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


def wait_for(address, process):
    """Wait until a server answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=10).close()
        except OSError:
            time.sleep(0.5)
    return pytest.fail("The server does not answer.")


def run_python(*arguments, cwd):
    """Run that Python with optbench on its path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([PYTHON, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.mark.heavy
def test_a_server_has_every_run_once_with_its_page(server, tmp_path):
    write(tmp_path / "results", STUDY)
    command = ["-m", "optbench", "export", "notes", "--to", "mlflow", "--uri", server, "--experiment", "mine"]
    done = run_python(*command, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"exported: 4 runs to experiment mine of {server}\n")
    read = run_python("-c", READ, server, cwd=tmp_path)
    assert read.stdout.splitlines() == [
        "['index.html']",
        "digits_mlp / sgd learning_rate=0.01 / seed 0 FINISHED 0.01 done [0, 330, 660]",
        "digits_mlp / sgd learning_rate=0.01 / seed 1 FINISHED 0.01 done [0, 330, 660]",
        "digits_mlp / sgd learning_rate=10 / seed 0 FINISHED 10.0 diverged [0, 10]",
        "digits_mlp / sgd learning_rate=10 / seed 1 FINISHED 10.0 diverged [0, 11]",
    ]
    again = run_python(*command, cwd=tmp_path)
    assert (again.returncode, again.stderr.strip().count("\n")) == (1, 0)
    assert "The experiment mine has a study notes already." in again.stderr


def test_a_server_that_does_not_answer_is_one_line(tmp_path, monkeypatch, capsys):
    from types import SimpleNamespace

    from optbench.exporting import mlflow

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optbench.report.publish.page_files", lambda *_, **__: {"index.html": ""})
    monkeypatch.setattr(mlflow, "import_extra", lambda *_: SimpleNamespace())
    write("results", STUDY)
    assert exit_code_of("export", "notes", "--to", "mlflow", "--uri", "http://127.0.0.1:1") == 1
    error = capsys.readouterr().err
    assert error.startswith("optbench export: No MLflow server answers at http://127.0.0.1:1 (")
    assert error.count("\n") == 1
