"""A first word without an equals sign is a subcommand."""

import pytest

from optbench.cli.subcommands import SUBCOMMANDS, names_subcommand
from tests.commands import MAINS, optbench_command

WITHOUT_MODULE = {"new", "import", "publish", "export"}  # those that came when subcommands were there


@pytest.mark.parametrize(
    "arguments", [[], ["-m"], ["optimizer=adam"], ["~seeds"], ["--help", "results"], ["+a=1", "x"]]
)
def test_a_flag_or_an_override_is_no_subcommand(arguments):
    assert not names_subcommand(arguments)


def test_every_command_is_a_subcommand():
    modules = {f"optbench.{name}": module for name, module in SUBCOMMANDS.items() if name not in WITHOUT_MODULE}
    assert modules == {name: module for name, module in MAINS.items() if name != "optbench"}


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["results", "--results-dir", "nowhere"], 1, "optbench.results: There is no folder nowhere."),
        (["report", "nothing"], 1, "optbench.report: "),
        (["weights", "nowhere"], 1, "optbench.weights: There are no weights in nowhere."),
        (["conformance", "nothing"], 3, "optbench.conformance: `nothing` does not exist."),
        (["regression", "nothing"], 3, "optbench.regression: "),
        (["crosscheck", "nothing"], 2, "`nothing` does not exist."),
        (["result"], 2, "optbench: The subcommand `result` does not exist. Did you mean `results`? There is: "),
    ],
)
def test_a_subcommand_is_run_with_its_arguments(arguments, code, text, tmp_path):
    done = optbench_command(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert text in done.stderr


def test_a_subcommand_that_goes_well_exits_with_zero(tmp_path):
    (tmp_path / "results").mkdir()
    done = optbench_command("results", "list", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 runs, 0 of them named by no study" in done.stdout
