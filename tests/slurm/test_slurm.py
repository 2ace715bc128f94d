"""A study on a real SLURM of one node: a job that is cancelled, a controller that is restarted, and jobs that are gone.

``make test-slurm`` runs it.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest

from optbench.results.store import Store
from tests.commands import environment_of_a_user
from tests.slurm.node import SlurmNode, why_not

pytestmark = [pytest.mark.heavy, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]
RULES = """
import os
import pathlib
import time

from optbench.optimizers.sgd import sgd


def held(learning_rate: float, folder: str):
    '''sgd; in a job, it waits at its first step until there is a file `go`, and says which job it is in.'''
    right = sgd(learning_rate)

    def update(grads, state, params):
        place, job = pathlib.Path(folder), os.environ.get("SLURM_JOB_ID")
        if job and not (place / "go").exists():
            (place / f"job-{job}").touch()
        while job and not (place / "go").exists():
            time.sleep(0.1)
        return right.update(grads, state, params)

    return right._replace(update=update)
"""
STUDY = ("-m", "--config-dir", "conf", "optimizer=held,adam,rmsprop", "dataset=iris", "model=softmax", "epochs=2")
COMMON = ("seeds=2", "name=slurm", "timing=false", "report.format=[csv]")
JOBS = ("executor=slurm", "executor.cores=1", "executor.memory=1.5", "executor.queue=short")
SORTED = ["optimizer", "seed", "step", "split", "metric"]


@pytest.fixture(scope="module")
def node():
    with tempfile.TemporaryDirectory(prefix="slurm") as folder, SlurmNode(Path(folder)) as found:
        yield found


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "held_rule.py").write_text(RULES)
    (tmp_path / "conf" / "optimizer").mkdir(parents=True)
    node = f"_target_: held_rule.held\nlearning_rate: 0.1\nfolder: {tmp_path}\n"
    (tmp_path / "conf" / "optimizer" / "held.yaml").write_text(node)
    return tmp_path


def start(folder, node, *arguments):
    """Start a study whose jobs find the rule in its folder."""
    paths = os.pathsep.join([str(folder), *(str(Path(p).resolve()) for p in sys.path if p)])
    env = environment_of_a_user() | node.environment | {"PYTHONPATH": paths}
    command = [sys.executable, "-m", "optbench", *arguments]
    return subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(study):
    """The exit code of a study and what it printed."""
    said, _ = study.communicate(timeout=300)
    return study.returncode, said


def held_job(folder, study):
    """The number of the job that waits in the rule."""
    for _ in range(1200):
        found = list(folder.glob("job-*"))
        if found:
            return found[0].name.removeprefix("job-")
        assert study.poll() is None, study.communicate()[0]
        time.sleep(0.1)
    raise TimeoutError("no job began")


def curves(folder, results):
    """The curves of a study, in an order of their own."""
    store = Store(folder / results)
    runs = store.runs()
    found = store.curves(runs).merge(runs[["run_id", "optimizer", "seed"]], on="run_id")
    return found.sort_values(SORTED, ignore_index=True)[[*SORTED, "value"]]


def on_threads(folder, node):
    """The curves of the same study on threads."""
    code, said = finish(start(folder, node, *STUDY, *COMMON, "results_dir=threads", "executor=threads"))
    assert code == 0, said
    return curves(folder, "threads")


def test_a_cancelled_job_and_a_restarted_controller_change_no_curve(node, folder):
    study = start(folder, node, *STUDY, *COMMON, *JOBS, "executor.count=3")
    job = held_job(folder, study)
    assert len(node.jobs()) == 3
    node.run("scancel", job)
    node.restart_controller()
    (folder / "go").touch()
    code, said = finish(study)
    assert code == 0, said
    assert job not in node.jobs()
    pd.testing.assert_frame_equal(curves(folder, "results"), on_threads(folder, node), check_exact=True)


def test_a_study_whose_only_job_is_cancelled_ends_and_the_same_command_completes_it(node, folder):
    arguments = (*STUDY, *COMMON, *JOBS, "executor.count=1")
    study = start(folder, node, *arguments)
    node.run("scancel", held_job(folder, study))
    code, said = finish(study)
    assert code == 1, said
    assert "No worker was left" in said
    assert "Traceback" not in said
    assert "interrupted" in set(Store(folder / "results").runs()["status"])
    (folder / "go").touch()
    code, said = finish(start(folder, node, *arguments))
    assert code == 0, said
    pd.testing.assert_frame_equal(curves(folder, "results"), on_threads(folder, node), check_exact=True)


def test_a_partition_that_does_not_exist_is_one_line(node, folder):
    code, said = finish(start(folder, node, *STUDY, *COMMON, *JOBS[:-1], "executor.queue=nosuch"))
    assert code == 1
    assert "optbench: The queueing system refuses a job: sbatch: error: invalid partition specified: nosuch." in said
    assert "Traceback" not in said
    assert not node.jobs()
