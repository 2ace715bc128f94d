"""All commands that a report offers are run: that of its verdict, of the whole study, and of each of its runs."""

import html
import re
import shlex
from typing import NamedTuple

import pytest

import optbench
from optbench.report.commands import job_commands
from optbench.results.store import Store
from tests.cli.recorder import Recorder
from tests.commands import optbench_command

TINY = ["seeds=1", "steps=2", "timing=false", "compile=eager", "workers=1"]
IRIS = ["dataset=iris", "model=softmax"]
RULES = """
import tensorflow as tf
from optbench.optimizers.base import Optimizer, apply_equations


def mine(learning_rate: float) -> Optimizer:
    def update(grads, state, params):
        (updates,) = apply_equations(lambda g: (-learning_rate(state) * tf.sign(g),), grads, params)
        return updates, state + 1

    return Optimizer(lambda params: tf.constant(0), update)
"""
PROBLEM = "# @package _global_\ndefaults: [override /dataset: iris, override /model: softmax{more}]\n"
SOBOL = "_target_: optbench.study.tuning.tuning, method: {_target_: optbench.study.tuning.sobol}"
FILES = {
    "my_rules.py": RULES,
    "my conf/optimizer/mine.yaml": "_target_: my_rules.mine\nlearning_rate: 0.01\n",
    "my conf/experiment/one.yaml": f"{PROBLEM.format(more=', override /tune: sobol')}tune: {{trials: 2}}\n",
    "my conf/experiment/two.yaml": f"{PROBLEM.format(more=', override /tune: sobol')}tune: {{trials: 2}}\n"
    "batch_size: 20\n",
    "my conf/experiment/by_values.yaml": f"{PROBLEM.format(more='')}tune:\n  {{{SOBOL}, trials: 2, "
    "space: {learning_rate: [0.01, 0.1]}}\n",
    "my conf/experiment/both.yaml": "suite: [one, two]\n",
}
OWN = ["--config-dir", "my conf"]
STUDIES = {
    "plain": ["-m", *IRIS, "optimizer=sgd,adam"],
    "tuned": ["-m", *IRIS, "optimizer=sgd", "tune=sobol", "tune.trials=2", "tune.space.learning_rate=[0.01,0.1]"],
    "tuned_suite": ["-m", *OWN, "experiment=both", "optimizer=sgd"],  # its experiments choose tune=sobol
    "tuned_own": [*OWN, "experiment=by_values", "optimizer=mine", "dataset.limit=60"],  # a rule and a file of one's own
}


class Offered(NamedTuple):
    """The commands of a report, as words after ``python -m optbench``."""

    verdict: list[str]
    study: list[str]


def write_files(folder):
    """The user's own files."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def offered(page):
    """The commands that stand on a built page."""
    verdict, study = (html.unescape(text) for text in re.findall(r"<pre>(python -m optbench .*?)</pre>", page))
    return Offered(shlex.split(verdict)[3:], shlex.split(study)[3:])


def runs_of(folder, name):
    """The runs of a study, trials left out, and the roles that there are."""
    runs, _ = optbench.load(folder / "results", name)
    return runs[runs["role"] == "run"], set(runs["role"])


@pytest.mark.parametrize("name", STUDIES)
def test_what_a_report_offers_to_copy_does_what_it_is_for(name, tmp_path, monkeypatch, reports_without_figures):
    write_files(tmp_path)
    done = optbench_command(*STUDIES[name], *TINY, f"name={name}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    commands = offered((tmp_path / "reports" / name / "index.html").read_text())
    monkeypatch.setattr("optbench.report.page.build_report", lambda result, store, reports, *_: reports / "index.html")
    runs, roles = runs_of(tmp_path, name)
    assert roles == ({"run", "trial"} if "tuned" in name else {"run"})

    again = optbench_command(*commands.study, cwd=tmp_path)  # the study again: nothing is left to be trained
    assert (again.returncode, again.stderr) == (0, "")
    of_all = "1 of 1 run is" if len(runs) == 1 else f"{len(runs)} of {len(runs)} runs are"
    assert f"{of_all} finished already" in again.stdout
    assert set(runs_of(tmp_path, name)[0]["run_id"]) == set(runs["run_id"])

    best = optbench_command(*commands.verdict, "name=best", "seeds=2", cwd=tmp_path)  # the best setting, one more seed
    assert (best.returncode, best.stderr) == (0, "")
    assert "1 of 2 runs are finished already" in best.stdout
    found, roles = runs_of(tmp_path, "best")
    assert roles == {"run"}
    assert len(set(found["run_id"]) & set(runs["run_id"])) == 1

    check_commands_of_runs(job_commands(Store(tmp_path / "results").read_study(name)), runs, tmp_path, monkeypatch)


def check_commands_of_runs(commands, runs, folder, monkeypatch):
    """Each command of the table of runs is one job, of the problem and the setting that its runs had."""
    monkeypatch.setattr("optbench.cli.main.LateStudy", Recorder)
    for number, command in enumerate(commands):
        done = optbench_command(*shlex.split(command)[3:], "seeds=[0]", cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        (job,) = Recorder.jobs
        row = runs[runs["job"] == number].iloc[0]
        assert job.config["tune"] == {"_target_": "optbench.study.tuning.none"}
        assert job.config["optimizer"]["learning_rate"] == row["hp.learning_rate"]
        assert (job.choices["optimizer"], job.choices["dataset"]) == (row["optimizer"], row["dataset"])
        assert job.config["steps"] == row["steps"]
