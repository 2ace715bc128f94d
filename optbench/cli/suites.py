"""Suites: one name for several experiments. ``experiment=suite_small`` runs a job for each.

A suite is a YAML file of the group ``experiment`` that contains only their names, under ``suite``. It is expanded
before Hydra sees it, so that any sweeper and any launcher receive a plain sweep over experiments.
"""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

from optbench.errors import ConfigError

KEY = "experiment="


def is_experiment(override: str) -> bool:
    """Whether an override selects experiments."""
    return override.startswith(KEY)


def expand_suites(override: str, folders: Sequence[Path], multirun: bool) -> str:
    """Return an override ``experiment=...`` with each suite replaced by its experiments, without duplicates.

    Args:
        override: names of experiments and suites, separated by commas.
        folders: folders of configuration, in the order in which they are searched.
        multirun: whether the command is a sweep.

    Raises:
        ConfigError: a suite is used in a command that is not a sweep, or is not a list of names.
    """
    names: dict[str, None] = {}
    for name in override.removeprefix(KEY).split(","):
        members = members_of(name, folders)
        if members and not multirun:
            raise ConfigError(
                f"`experiment={name}` is a suite of {len(members)} experiments, a job each. "
                f"Received: no -m. Write python -m optbench -m experiment={name}."
            )
        names |= dict.fromkeys(members or [name])
    return KEY + ",".join(names)


def members_of(name: str, folders: Sequence[Path]) -> list[str]:
    """The experiments of a suite; none if ``name`` is not a suite, which is left to Hydra."""
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
