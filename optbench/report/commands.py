"""The command line that repeats one setting or one run of a study."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from optbench.config.parameters import format_value

NOT_REPEATED = re.compile(r"(\+*)(name|seeds|tune|tune\..*|report\..*|dry_run|force)=")
FLAGS = ("--config-dir", "-cd")


def commands(study: Mapping[str, Any]) -> list[str]:
    """The command of each job of a study, without tuning: what tuning chose stands in it."""
    flags = config_flags(study["command"])
    return [command(job, job.get("flags", flags)) for job in study["jobs"]]


def command(job: Mapping[str, Any], flags: Sequence[str] = ()) -> str:
    """The command of one job, an entry of the study file's ``jobs``; ``flags`` stand before its overrides."""
    kept = [override for override in job["overrides"] if not NOT_REPEATED.match(override)]
    chosen = {dotted(name): value for name, value in job.get("tune", {}).get("values", {}).items()}
    kept = [override for override in kept if override.partition("=")[0] not in chosen]
    values = [f"{name}={format_value(value)}" for name, value in chosen.items()]
    return shlex.join(["python", "-m", "optbench", *flags, *kept, *values])


def config_flags(whole: str) -> list[str]:
    """Where the command of a study finds yamls of its user's own, as it says so."""
    words = shlex.split(whole)
    found = [(words[i : i + 2] if word in FLAGS else [word]) for i, word in enumerate(words) if word.startswith(FLAGS)]
    return [word for flag in found for word in flag]


def dotted(name: str) -> str:
    """A tuned hyperparameter as the command line has it."""
    return name if "." in name else f"optimizer.{name}"
