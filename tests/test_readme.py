"""The README, tried: its rule, its snippets and its commands, as they stand there."""

import re
import subprocess
import sys

import pytest

import optbench
from tests.commands import environment_of_a_user, optbench_command
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf8")
TOP, OWN_RULE = README.split("## Your own rule")


def blocks(text, language):
    """The code blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder with the README's rule and its yaml."""
    folder = tmp_path_factory.mktemp("own")
    (rule,) = blocks(OWN_RULE, "python")
    (folder / "my_package").mkdir()
    (folder / "my_package" / "rules.py").write_text(rule)
    (folder / "my_conf" / "optimizer").mkdir(parents=True)
    (folder / "my_conf" / "optimizer" / "my_momentum.yaml").write_text(blocks(OWN_RULE, "yaml")[0])
    return folder


def test_the_readmes_rule_is_compared_by_the_readmes_command(own):
    (command,) = re.findall(r"^python -m optbench -m .*$", OWN_RULE, flags=re.MULTILINE)
    done = optbench_command(*command.split()[3:], "name=own", "epochs=2", "timing=false", cwd=own)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(own / "results", study="own")
    assert runs.groupby("setting")["status"].unique().map(list).to_dict() == {"adam": ["done"], "my_momentum": ["done"]}


def test_the_readmes_rule_keeps_the_contract(own):
    (rule,) = re.findall(r"^python -m optbench.conformance (.*)$", OWN_RULE, flags=re.MULTILINE)
    done = optbench_command(rule, module="optbench.conformance", cwd=own)
    assert done.returncode == 0, done.stdout


def test_the_readmes_notebook_lines_work(demo):
    lines = (
        "".join(blocks(TOP, "python")).replace('load_study("notes")', 'load_study("demo")') + "assert len(runs) == 24\n"
    )
    done = subprocess.run([sys.executable, "-c", lines], cwd=demo[1], env=environment_of_a_user(), check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("target", re.findall(r"^(make [\w-]+)", README, flags=re.MULTILINE))
def test_the_readmes_make_targets_exist(target):
    assert f"\n{target.split()[1]}:" in (ROOT / "Makefile").read_text()
