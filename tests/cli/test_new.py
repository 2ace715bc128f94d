"""``python -m optbench new``: the written files work unchanged, and no user file is overwritten."""

import shlex
import sys

import pytest

from optbench.cli.new import STUDIES, TEMPLATES
from optbench.problem.built import BuiltProblems
from optbench.study.automatic import choose_automatic
from optbench.study.read_job import read_job
from tests.cli.recorder import Recorder
from tests.commands import optbench_command, without_new_modules


@pytest.fixture
def folder(tmp_path):
    """A folder with an item of each kind, all of one name, and what ``new`` printed of each."""
    said = {}
    for kind in STUDIES:
        done = optbench_command("new", kind, "mine", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        said[kind] = done.stdout.splitlines()
    return tmp_path, said


class Builder(Recorder):
    """Checks every job and builds its problem."""

    def add(self, jobs):
        """Build problems; jobs are remembered."""
        for job in jobs:
            built_problems = BuiltProblems()
            built_problems.get(choose_automatic(read_job(job), built_problems)[0].problem)
        return super().add(jobs)


def test_tests_pass_and_studies_compose_as_written(folder, monkeypatch):
    here, said = folder
    monkeypatch.chdir(here)
    tests = [shlex.split(lines[-2].partition(": ")[2])[3] for lines in said.values()]
    assert sorted(tests) == sorted(str(path.relative_to(here)) for path in here.glob("tests/*.py"))
    assert passing_tests(here, tests, monkeypatch) >= 2 * len(STUDIES) - 1
    monkeypatch.setattr("optbench.cli.main.LateStudy", Builder)
    for kind, lines in said.items():
        study = shlex.split(lines[-1].partition(": ")[2])
        assert study[:3] == ["python", "-m", "optbench"]
        done = optbench_command(*study[3:], cwd=here)
        assert (done.returncode, done.stderr) == (0, ""), kind
        assert len(Builder.jobs) == 2


def passing_tests(here, tests, monkeypatch):
    """Run tests with pytest, in this process; how many there are, all of which pass."""
    (here / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setattr(sys, "path", list(sys.path))  # to which pytest adds folders
    passed = Passed()
    with without_new_modules(here):
        assert pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=[passed]) == 0
    return passed.count


class Passed:
    """Counts tests that pass."""

    count = 0

    def pytest_runtest_logreport(self, report):
        """Count one."""
        self.count += report.when == "call" and report.passed


def test_every_template_is_used(folder):
    here, said = folder
    written = {line.removeprefix("wrote ") for lines in said.values() for line in lines if line.startswith("wrote ")}
    assert written == {str(path.relative_to(here)) for path in here.rglob("*.*") if path.name != "conftest.py"}
    assert len(written) == len(list(TEMPLATES.iterdir()))
    assert not [path for path in here.rglob("*.*") if "$" in path.read_text()]


WRONG = {
    ("optimizer", "adam"): "`NAME` must not be that of an item of optbench. Received: optimizer=adam.",
    ("optimizer", "My-Rule"): "`NAME` must consist of lower-case letters, digits and underscores, and must not be a ",
    ("loss", "class"): "`NAME` must consist of lower-case letters, ",
    ("loss", "../mine"): "`NAME` must consist of lower-case letters, ",
    ("model", "mine", "--package", "json"): "`--package` must not be the name of an installed package. Received: json.",
    ("model", "mine", "--package", "a.b"): "`--package` must consist of lower-case letters, ",
    ("model", "mine", "--config-dir", "/tmp"): "`--config-dir` must be a folder in this one. Received: /tmp.",
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.items())
def test_a_wrong_name_is_one_line_and_writes_nothing(arguments, message, tmp_path):
    done = optbench_command("new", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"optbench new: {message}")
    assert done.stderr.count("\n") == 1
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["my_conf/loss/mine.yaml", "my_package/losses/mine.py", "tests/test_loss_mine.py"])
def test_a_file_that_is_there_stays_and_no_other_is_written(path, tmp_path):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("mine")
    done = optbench_command("new", "loss", "mine", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"optbench new: {path} exists and is not overwritten.")
    assert [p.read_text() for p in tmp_path.rglob("*.*") if p.is_file()] == ["mine"]


def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path):
    (tmp_path / "my_conf").write_text("a file")
    done = optbench_command("new", "loss", "mine", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot be written: " in done.stderr


def test_an_unknown_kind_is_misuse(tmp_path):
    done = optbench_command("new", "optimiser", "mine", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith("optbench: argument kind: invalid choice: 'optimiser'")
