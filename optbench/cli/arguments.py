"""The command line of a study, parsed once into a frozen object.

    sys.argv[1:] ── parse ──> CommandLine ── expansion.expand ──> CommandLine ── for_hydra ──> what Hydra reads

Hydra's flags are listed here because its own parser is not public and accepts overrides in one place only.
"""

import itertools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optbench.cli.argument_parser import ArgumentParser

SWITCHES = (
    ("--help", "-h"),
    ("--hydra-help",),
    ("--version",),
    ("--resolve",),
    ("--run", "-r"),
    ("--multirun", "-m"),
    ("--shell-completion", "-sc"),
)
WITH_VALUES = (
    ("--package", "-p"),
    ("--config-path", "-cp"),
    ("--config-name", "-cn"),
    ("--config-dir", "-cd"),
    ("--experimental-rerun",),
)
CONFIG, CONFIG_PARTS = ("--cfg", "-c"), ("job", "hydra", "all")
INFO, INFO_PARTS = ("--info", "-i"), ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
FOLDER_FLAGS = ("--config-dir", "-cd")
SWEEP_MODE = "hydra.mode=MULTIRUN"  # equivalent to --multirun, as an override


@dataclass(frozen=True)
class CommandLine:
    """A command line of ``python -m optbench``."""

    given: tuple[str, ...]  # as typed
    flags: tuple[str, ...]  # Hydra's flags in long form: --multirun, --config-dir=my_conf
    overrides: tuple[str, ...]  # key=value, group=choice, ~key, in order
    multirun: bool  # whether this is a sweep
    config_dir: Path | None  # a folder with the user's YAML files

    @property
    def command(self) -> str:
        """The command that reproduces this one."""
        return "python -m optbench " + shlex.join(self.given)

    def for_hydra(self) -> list[str]:
        """The arguments in the order that Hydra accepts: flags, then overrides."""
        return [*self.flags, *self.overrides]


class StudyParser(ArgumentParser):
    """The parser of ``python -m optbench``."""

    misuse = 2


def parse(arguments: Sequence[str]) -> CommandLine:
    """Parse the arguments of ``python -m optbench``. Misuse is reported on one line and exits with 2.

    Args:
        arguments: the arguments as typed, without the program name.
    """
    found = make_parser().parse_intermixed_args(_with_info_part(arguments))
    overrides = tuple(found.overrides)
    values = {f"--{name.replace('_', '-')}": value for name, value in vars(found).items() if name != "overrides"}
    flags = [name if value is True else f"{name}={value}" for name, value in values.items() if value]
    return CommandLine(
        given=tuple(arguments),
        flags=tuple(flags),
        overrides=overrides,
        multirun=found.multirun or SWEEP_MODE in overrides,
        config_dir=Path(found.config_dir) if found.config_dir else None,
    )


def make_parser() -> StudyParser:
    """A parser of Hydra's flags, which accepts overrides anywhere between them."""
    parser = StudyParser(prog="python -m optbench", add_help=False)
    parser.add_argument("overrides", nargs="*")
    for names in SWITCHES:
        parser.add_argument(*names, action="store_true")
    for names in WITH_VALUES:
        parser.add_argument(*names)
    parser.add_argument(*CONFIG, choices=CONFIG_PARTS)
    parser.add_argument(*INFO, choices=INFO_PARTS)
    return parser


def _with_info_part(arguments: Sequence[str]) -> list[str]:
    """Replace ``--info`` without a part by ``--info=all``, because the next argument may be an override."""
    pairs = itertools.pairwise([*arguments, ""])
    return [f"{INFO[0]}=all" if argument in INFO and after not in INFO_PARTS else argument for argument, after in pairs]
