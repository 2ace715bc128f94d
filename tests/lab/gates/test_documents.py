"""docs/ci.md and the README: their commands can be parsed, workflows are complete, numbers are those of the code."""

import re
import shlex

import pytest
import yaml

from optbench.cli.regression.main import make_parser
from optbench.lab.gates.allowed_ratios import DEFAULT_FILE, read_allowed_ratios
from optbench.lab.gates.exact import DOUBLE, FACTOR, LOSSES, SINGLE, UNSTABLE
from optbench.lab.gates.problems import fixed_study
from optbench.lab.gates.trajectory_numbers import STEPS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf8")
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
