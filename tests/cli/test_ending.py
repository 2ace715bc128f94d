"""Every command ends with its exit code and one line, even if its output cannot be written."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from optbench.cli.argument_parser import MISUSE
from optbench.cli.ending import ending_well
from optbench.cli.subcommands import SUBCOMMANDS
from optbench.runtime import output
from tests.commands import MAINS, exit_code, exit_code_of


class FullStream:
    """A stream on a full disk."""

    def write(self, text):
        return len(text)

    def flush(self):
        raise OSError(28, "No space left on device")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "silence", lambda descriptor: None)  # which would silence the tests
    (tmp_path / "results").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("module", sorted({*SUBCOMMANDS.values(), *MAINS.values()} - {"optbench.cli.main"}))
def test_every_command_has_this_ending(module):
    assert importlib.import_module(module).main.__wrapped__


COMMANDS = [("--help",), ("--version",), ("results", "list"), ("results", "--help"), ("crosscheck", "--help")]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_full_standard_output_is_one_line_and_exit_code_1(words, folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", FullStream())
    assert exit_code_of(*words) == 1
    said = capsys.readouterr().err
    assert said == (
        "optbench: standard output cannot be written to: No space left on device. Files that were written are kept.\n"
    )


def test_a_gate_whose_output_cannot_be_written_found_no_regression(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", FullStream())
    assert exit_code_of("regression", "--help") == MISUSE


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_closed_stream_is_no_error(name, folder, monkeypatch):
    monkeypatch.setattr(sys, name, None)
    assert exit_code_of("results", "list") == 0
    getattr(sys, name).close()  # what stands in its place


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_module_that_is_run_by_itself_ends_so_too(folder):
    command = [sys.executable, "-m", "optbench.results", "list"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr


def test_a_full_standard_error_is_no_traceback(folder, monkeypatch):
    monkeypatch.setattr(sys, "stderr", FullStream())
    assert exit_code_of("result") == 2
    assert exit_code_of("report", "nothing") == 1


def ended(error, capsys):
    """The exit code of a command that raises an error, and what it says."""

    @ending_well(7)
    def command(words=None):
        raise error

    return exit_code(command), capsys.readouterr().err


def test_an_error_of_the_operating_system_is_one_line(capsys):
    code, said = ended(OSError(28, "No space left on device", "results/x"), capsys)
    assert code == 7
    assert said.startswith("optbench: results/x cannot be used: No space left on device. Free some space")
    assert said.count("\n") == 1


def test_ctrl_c_is_no_traceback(capsys):
    assert ended(KeyboardInterrupt(), capsys) == (130, "")


def test_a_folder_of_reports_that_is_a_file_is_one_line(folder, capsys):
    Path("results").rmdir()
    Path("results").write_text("")
    assert exit_code_of("results", "list") == 1
    assert capsys.readouterr().err.count("\n") == 1
