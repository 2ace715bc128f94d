"""The steps of CI that ask a gate end as the gate does; the gate and git are stand-ins here."""

import os
import shutil
import subprocess

import pytest
import yaml

from tests.conftest import ROOT

CI = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf8"))["jobs"]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf8"))["runs"]["steps"]
IN_CI = {job: step["run"] for job in CI for step in CI[job]["steps"] if "regression" in step.get("run", "")}
IN_ACTION = {step["name"]: step["run"] for step in ACTION if "regression" in step.get("run", "")}
GATES = IN_CI | IN_ACTION
PULL_REQUEST = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are for bash, which is not here")


def run_step(text, folder, gate_code, environment):
    """Run a step as a runner does, with a gate that ends with a code; its exit code, and what the gate was given."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    stand_ins = {
        folder / ".venv" / "bin" / "python": f'echo "$@" > {folder}/arguments; exit {gate_code}',
        folder / "git": "echo 0123abc",
    }
    for path, code in stand_ins.items():
        path.write_text(f"#!/bin/sh\n{code}\n")
        path.chmod(0o755)
    (folder / "python").symlink_to(folder / ".venv" / "bin" / "python")
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    done = subprocess.run(command, cwd=folder, env={"PATH": path, **environment}, capture_output=True, text=True)
    given = folder / "arguments"
    return done.returncode, given.read_text().split() if given.exists() else []


def test_the_steps_were_found():
    assert (list(IN_CI), len(IN_ACTION)) == (["learning", "time"], 2)


@pytest.mark.parametrize(("gate_code", "code"), [(0, 0), (1, 1), (2, 0), (3, 1)])
@pytest.mark.parametrize("step", GATES)
def test_a_pull_request_fails_where_a_gate_does(tmp_path, step, gate_code, code):
    environment = {**PULL_REQUEST, "RULE": "my.rule", "UNCLEAR": "warn", "BASE": ""}
    ended, given = run_step(GATES[step], tmp_path, gate_code, environment)
    assert ended == code
    assert given[given.index("--base") + 1] == "0123abc"


@pytest.mark.parametrize(("gate_code", "code"), [(0, 0), (1, 1), (2, 0)])
def test_a_push_asks_what_rules_learn_beside_the_accepted_numbers(tmp_path, gate_code, code):
    ended, given = run_step(GATES["learning"], tmp_path, gate_code, {"GITHUB_EVENT_NAME": "push"})
    assert ended == code
    assert given == ["-m", "optbench.regression", "learn", "--json", "learning.json"]


@pytest.mark.parametrize("step", IN_ACTION)
def test_a_gate_that_cannot_tell_may_fail_a_pull_request(tmp_path, step):
    environment = {**PULL_REQUEST, "RULE": "my.rule", "UNCLEAR": "fail", "BASE": "v1"}
    ended, given = run_step(GATES[step], tmp_path, 2, environment)
    assert ended == 1
    assert given[given.index("--base") + 1] == "v1"
