"""The command line is parsed once: flags, overrides and misuse."""

import re
from pathlib import Path

import pytest

from optbench.cli.arguments import CONFIG, INFO, SWITCHES, WITH_VALUES, parse
from tests.commands import optbench_command


def test_overrides_may_stand_anywhere_between_flags():
    line = parse(["optimizer=a", "--config-dir", "x", "-m", "~steps", "seeds=1"])
    assert line.overrides == ("optimizer=a", "~steps", "seeds=1")
    assert line.multirun
    assert line.config_dir == Path("x")
    assert sorted(line.flags) == ["--config-dir=x", "--multirun"]
    assert line.for_hydra() == [*line.flags, *line.overrides]


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        (["-cd", "a=b", "seeds=1"], ["--config-dir=a=b"]),  # a folder with a sign of equality in its name
        (["--config-dir=my conf", "seeds=1"], ["--config-dir=my conf"]),
        (["--config-dir", "one", "--config-dir", "two", "seeds=1"], ["--config-dir=two"]),
        (["--cfg", "job", "seeds=1", "--resolve"], ["--resolve", "--cfg=job"]),
        (["-c", "job", "-p", "optimizer", "seeds=1"], ["--package=optimizer", "--cfg=job"]),
        (["--info", "seeds=1"], ["--info=all"]),
        (["-i", "defaults-tree", "seeds=1"], ["--info=defaults-tree"]),
        (["-sc", "seeds=1"], ["--shell-completion"]),
        (["--multi", "seeds=1"], ["--multirun"]),  # as argparse abbreviates
        (["seeds=1"], []),
    ],
)
def test_flags_are_written_out(given, flags):
    line = parse(given)
    assert line.overrides == ("seeds=1",)
    assert list(line.flags) == flags
    assert line.given == tuple(given)


def test_the_command_that_repeats_a_command_line_is_quoted():
    line = parse(["-m", "--config-dir", "my conf", "name='a b'", "seeds=[1,2]"])
    assert line.command == """python -m optbench -m --config-dir 'my conf' 'name='"'"'a b'"'"'' 'seeds=[1,2]'"""


def test_a_sweep_may_be_asked_for_by_an_override():
    assert parse(["hydra.mode=MULTIRUN"]).multirun
    assert not parse(["hydra.mode=RUN"]).multirun


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--no-such-flag", "unrecognized arguments: --no-such-flag"),
        ("--cfg=nothing", "argument --cfg/-c: invalid choice: 'nothing' (choose from 'job', 'hydra', 'all')"),
        ("--config-dir", "argument --config-dir/-cd: expected one argument"),
    ],
)
def test_misuse_is_one_line_and_two(argument, message, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["seeds=1", argument])
    assert ended.value.code == 2
    assert re.sub(r"\[.*", "", capsys.readouterr().err) == f"optbench: {message} (see --help)\n"


@pytest.mark.usefixtures("logging_as_it_was")
def test_the_flags_are_hydras(tmp_path):
    told = optbench_command("--hydra-help", cwd=tmp_path).stdout
    hydras = {tuple(names.split(",")) for names in re.findall(r"^(--[\w-]+(?:,-\w+)?) : ", told, re.M)}
    assert hydras == {*SWITCHES, *WITH_VALUES, CONFIG, INFO}
