"""Our sweeps call Hydra's callbacks like Hydra's own launcher."""

import json

import pytest

from optbench.errors import StoreError
from tests.commands import optbench_command

CALLBACK = """
import json
import os
from pathlib import Path
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobStatus
from hydra.experimental.callback import Callback
from omegaconf import OmegaConf


class Remember(Callback):
    def __init__(self, path):
        self.path = Path(path)

    def write(self, event, **facts):
        with self.path.open("a") as file:
            file.write(json.dumps([event, facts]) + "\\n")

    def on_run_start(self, config, **kwargs):
        self.write("run_start", seeds=config.seeds)

    def on_run_end(self, config, **kwargs):
        self.write("run_end", seeds=config.seeds)

    def on_multirun_start(self, config, **kwargs):
        self.write("multirun_start", seeds=config.seeds)

    def on_multirun_end(self, config, **kwargs):
        self.write("multirun_end", seeds=config.seeds)

    def on_job_start(self, config, *, task_function, **kwargs):
        self.write("job_start", rule=config.optimizer._target_, task=callable(task_function), **self.place(config))

    def on_job_end(self, config, job_return, **kwargs):
        value = job_return._return_value
        self.write(
            "job_end",
            overrides=list(job_return.overrides),
            status=job_return.status.name,
            value=value if job_return.status == JobStatus.COMPLETED else type(value).__name__,
            rule=job_return.cfg.optimizer._target_,
            hydra=sorted(job_return.cfg.keys() & {"hydra"}),
            number=OmegaConf.select(job_return.hydra_cfg, "hydra.job.num", throw_on_missing=False),
            folder=job_return.working_dir,
            **self.place(config),
        )

    def place(self, config):
        return {
            "id": OmegaConf.select(HydraConfig.get(), "job.id", throw_on_missing=False),
            "same": config.hydra.job == HydraConfig.get().job,
            "output": os.path.relpath(config.hydra.runtime.output_dir, self.path.parent),
            "cwd": os.path.relpath(os.getcwd(), self.path.parent),
            "variable": os.environ.get("A_VARIABLE"),
        }
"""


@pytest.fixture
def run(tmp_path, recorder):
    """Run a command with the callback above; the events that it saw."""
    (tmp_path / "my_callbacks.py").write_text(CALLBACK)
    path = tmp_path / "events"

    def of_command(*arguments, code=0):
        path.write_text("")
        callback = ["+hydra.callbacks.mine._target_=my_callbacks.Remember", f"+hydra.callbacks.mine.path={path}"]
        done = optbench_command(*arguments, *callback, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()]

    return of_command


SWEEP = ["-m", "optimizer=sgd,adam", "hydra.sweep.subdir=${hydra.job.num}", "+hydra.job.env_set.A_VARIABLE=x"]


def test_a_sweep_calls_callbacks_and_saves_configurations_as_hydras_own_launcher_does(run, tmp_path):
    found, saved = {}, {}
    for launcher in ("basic", "optbench"):
        folders = ["hydra.sweep.dir=jobs", "hydra.job.chdir=true", "hydra.output_subdir=saved"]
        found[launcher] = run(*SWEEP, *folders, f"hydra/launcher={launcher}")
        saved[launcher] = {path: path.read_text() for path in tmp_path.glob("jobs/*/saved/*.yaml")}
    names = {launcher: [event for event, _ in events] for launcher, events in found.items()}
    assert names["basic"] == ["multirun_start", *["job_start", "job_end"] * 2, "multirun_end"]
    assert names["optbench"] == ["multirun_start", *["job_start"] * 2, *["job_end"] * 2, "multirun_end"]
    assert sorted(map(str, found["basic"])) == sorted(map(str, found["optbench"]))
    starts, ends = ([facts for name, facts in found["optbench"] if name == kind] for kind in ("job_start", "job_end"))
    assert [(facts["cwd"], facts["variable"]) for facts in starts] == [("jobs/0", "x"), ("jobs/1", "x")]
    assert [(facts["value"], facts["status"]) for facts in ends] == [(0.0, "COMPLETED"), (1.0, "COMPLETED")]
    assert {path.name for path in saved["basic"]} == {"config.yaml", "hydra.yaml", "overrides.yaml"}
    for path, text in saved["basic"].items():
        assert path.name == "hydra.yaml" or saved["optbench"][path] == text  # hydra.yaml names the launcher


def test_callbacks_of_later_batches_go_on_counting(run):
    events = run(*SWEEP, "hydra.sweeper.max_batch_size=1")
    assert [facts["number"] for event, facts in events if event == "job_end"] == [0, 1]
    assert [event for event, _ in events[1:-1]] == ["job_start", "job_end"] * 2


def test_callbacks_of_a_single_job(run):
    events = run("optimizer=adam")
    assert [event for event, _ in events] == ["run_start", "job_start", "job_end", "run_end"]


def test_callbacks_hear_of_jobs_that_fail(run, recorder, monkeypatch):
    def full(self, jobs):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(recorder, "add", full)
    ends = [facts for event, facts in run(*SWEEP, code=1) if event == "job_end"]
    assert [(facts["status"], facts["value"]) for facts in ends] == [("FAILED", "StoreError")] * 2
