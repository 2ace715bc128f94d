"""docs/ci.md and the README: their commands can be parsed, workflows are complete, numbers are those of the code."""

import re
import shlex
import subprocess

import pytest
import yaml

from optbench.cli.regression.main import make_parser
from optbench.lab.gates.allowed_ratios import DEFAULT_FILE, read_allowed_ratios
from optbench.lab.gates.exact import DOUBLE, FACTOR, LOSSES, SINGLE, UNSTABLE
from optbench.lab.gates.problems import fixed_study
from optbench.lab.gates.trajectory_numbers import STEPS
from tests.conftest import ROOT
from tests.rehearsal import steps_of_action

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf8")
GITLAB = ROOT / ".gitlab" / "gates.yml"
README = (ROOT / "README.md").read_text(encoding="utf8")
COMMANDS = re.findall(r"^python -m optbench.regression ([^#\n]*)", PAGE + README, flags=re.MULTILINE)
ALLOWED, WORKFLOW = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_page_can_be_parsed(command):
    assert make_parser().parse_args(shlex.split(command)).gate


def test_the_workflows_are_complete(tmp_path):
    assert len(WORKFLOW.splitlines()) <= 15
    for text in (WORKFLOW, (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf8")):
        assert all(job["steps"] for job in yaml.safe_load(text)["jobs"].values())
    (tmp_path / "allowed.yaml").write_text(ALLOWED)
    assert read_allowed_ratios(tmp_path / "allowed.yaml").of("update[adam]") == 1.1


@pytest.mark.parametrize("time", ["true", "false"])
def test_the_steps_of_the_action_are_complete(time):
    steps = list(steps_of_action({"rule": "my.rule", "time": time, "python-version": ""}))
    assert [step.name for step in steps[:3]] == ["Install", "The contract of an update rule", "What it learns"]
    assert len(steps) == (4 if time == "true" else 3)
    for step in steps:
        used = set(re.findall(r"\$\{?([A-Z_]+)", step.script)) - {"GITHUB_BASE_REF"}
        assert used == set(step.variables), step.name
        subprocess.run(["bash", "-n", "-c", step.script], check=True)
    assert not any("${{" in value for step in steps for value in step.variables.values())


def test_the_template_for_gitlab_runs_commands_that_can_be_parsed():
    (job,) = (job for job in yaml.safe_load(GITLAB.read_text(encoding="utf8")).values() if "script" in job)
    gates = [shlex.split(line)[3:] for line in job["script"] if "optbench.regression" in line]
    assert [make_parser().parse_args(words).markdown.name for words in gates] == ["optbench.md"] * 2


def test_the_page_says_what_the_code_does():
    study = fixed_study()
    steps = [str(step) for step in study.early[1:]]
    page = " ".join(PAGE.split())
    losses, single, double = (f"{floor:.0e}".replace("e-0", "e-") for floor in (LOSSES, SINGLE, DOUBLE))
    assert f"after {', '.join(steps[:-1])} and {steps[-1]} lie within a relative {losses}" in page
    assert f"Trajectories lie within {single} in float32 and within {double} in float64" in page
    assert f"after {', '.join(map(str, STEPS[:-1]))} and {STEPS[-1]} steps" in page
    assert (FACTOR, UNSTABLE) == (10, 0.005)  # "ten times that spread", "above 0.5 %"
    assert f"allowed ratio, {read_allowed_ratios(DEFAULT_FILE).default:g}" in " ".join(PAGE.split())
    assert len(study.problems) == 5
    assert {(f.metric, f.margin) for p in study.problems for f in p.finals} == {("loss", 0.1), ("accuracy", 0.01)}
    assert f"over {study.seeds} seeds" in " ".join(PAGE.split())
