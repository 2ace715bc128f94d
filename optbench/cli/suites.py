"""Suites: one name for several experiments, ``experiment=suite_small`` for a job of each.

A suite is a yaml of the group ``experiment`` that holds nothing but their names, under ``suite``. It is taken apart on
the command line, before Hydra sees it, so that any sweeper and any launcher meet a plain sweep over experiments.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from optbench.config.items import conf_dir
from optbench.errors import ConfigError

KEY = "experiment="
SWEEPING = {"-m", "--multirun"}
FOLDER_FLAGS = ("--config-dir", "-cd")


def suites_as_sweeps(arguments: Sequence[str]) -> list[str]:
    """The same command line with the experiments of each suite in place of its name.

    Raises:
        ConfigError: a suite without ``-m``, or one that is not a list of names.
    """
    folders = [conf_dir(), *named_folders(arguments)]
    return [
        KEY + ",".join(experiments(argument, folders, set(arguments))) if argument.startswith(KEY) else argument
        for argument in arguments
    ]


def experiments(argument: str, folders: Sequence[Path], arguments: set[str]) -> list[str]:
    """The names that an argument ``experiment=...`` stands for, each once."""
    names: dict[str, None] = {}
    for name in argument.removeprefix(KEY).split(","):
        members = members_of(name, folders)
        if members and not SWEEPING & arguments:
            raise ConfigError(
                f"`experiment={name}` is a suite of {len(members)} experiments, a job each. "
                f"Received: no -m. Write python -m optbench -m experiment={name}."
            )
        names |= dict.fromkeys(members or [name])
    return list(names)


def members_of(name: str, folders: Sequence[Path]) -> list[str]:
    """The experiments of a suite; none where ``name`` is not one, Hydra's to judge."""
    found = [path for folder in folders if (path := folder / "experiment" / f"{name}.yaml").is_file()]
    content = OmegaConf.to_container(OmegaConf.load(found[0])) if found else None
    if not isinstance(content, dict) or "suite" not in content:
        return []
    members = content["suite"]
    if len(content) > 1 or not isinstance(members, list) or not members or not all(isinstance(m, str) for m in members):
        raise ConfigError(
            f"`experiment={name}` must hold `suite`, a list of names of experiments, and nothing else. "
            f"Received: {', '.join(map(str, content))}. Give values on the command line."
        )
    return [str(member) for member in members]


def named_folders(arguments: Sequence[str]) -> list[Path]:
    """The folders of configuration that the command line names, after our own as Hydra has them."""
    joined = [a.partition("=")[2] for a in arguments if a.startswith(tuple(f"{flag}=" for flag in FOLDER_FLAGS))]
    apart = [after for flag, after in itertools.pairwise(arguments) if flag in FOLDER_FLAGS]
    return [Path(folder) for folder in (*joined, *apart)]
