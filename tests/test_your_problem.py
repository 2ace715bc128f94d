"""docs/your-problem.md, followed: its files are copied as they stand, and each of its commands is run."""

import re
import runpy
import shlex

import pytest

import optbench
from tests.commands import optbench_command
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "your-problem.md").read_text(encoding="utf8")
FILES = dict(re.findall(r"^```\w+ title=(\S+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
COMMANDS = re.findall(r"^python -m optbench (-m .*)$", PAGE, flags=re.MULTILINE)
QUICK = ("steps=3", "seeds=1", "timing=false", "name=tried")
OWN_CODE = ("my_package.models", "my_package.two_inputs", "my_package.judge", "my_package.opt")  # is to be compiled


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the files of the page."""
    found = tmp_path_factory.mktemp("mine")
    for name, text in FILES.items():
        (found / name).parent.mkdir(parents=True, exist_ok=True)
        (found / name).write_text(text, encoding="utf8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found)
        runpy.run_path("make_data.py")
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_trains_what_it_names(command, folder):
    tuning = ["tune.trials=2"] if "tune=" in command else []
    mode = "graph" if any(name in command for name in OWN_CODE) else "eager"
    given = [word for word in shlex.split(command) if not word.startswith("name=")]
    done = optbench_command(*given, *QUICK, *tuning, f"compile={mode}", cwd=folder)
    assert done.returncode == 0, done.stderr
    runs, _ = optbench.load(folder / "results", "tried")
    assert set(runs["status"]) == {"done"}
    optimizers = next(word for word in given if word.startswith("optimizer=")).partition("=")[2].split(",")
    problems = next((word for word in given if word.startswith("experiment=")), "one").split(",")
    assert len(runs[runs["role"] == "run"]) == len(optimizers) * len(problems)


def test_the_page_has_files_and_commands():
    assert len(FILES) >= 8
    assert len(COMMANDS) >= 7
