"""Build the command lines that reproduce the jobs of a study."""

import re
import shlex
from collections.abc import Sequence

from optbench.config.parameters import format_value
from optbench.spec.study_file import IN_PYTHON, JobEntry, StudyFile

NOT_REPEATED = re.compile(r"(\+*)(name|seeds|tune|tune\..*|report\..*|dry_run|force|time_limit)=")
FLAGS = ("--config-dir", "-cd")
SEARCH_PATH = "hydra.searchpath="
NO_TUNING = "tune=none"  # an experiment file may enable tuning, which no other override can disable


def job_commands(study: StudyFile) -> list[str]:
    """Return the command of each job of a study. Tuned hyperparameters are given as values, without tuning.

    Jobs of Python code without an equivalent command line have a Python expression instead.
    """
    flags = config_flags(study.command)
    return [
        job.command
        if job.command is not None
        else python_expression(study)
        if has_no_command(study, number)
        else job_command(job, flags if job.flags is None else job.flags)
        for number, job in enumerate(study.jobs)
    ]


def has_no_command(study: StudyFile, job: int) -> bool:
    """Return whether a job comes from Python code and has no equivalent command line."""
    return not study.jobs[job].overrides and study.command == IN_PYTHON


def python_expression(study: StudyFile, optimizer: str = "") -> str:
    """Return the Python expression for the best setting of a study without a command line, or of one optimizer."""
    return f"optbench.load_study({study.name!r}).best_setting({f'optimizer={optimizer!r}' if optimizer else ''})"


def job_command(job: JobEntry, flags: Sequence[str] = ()) -> str:
    """Return the command of one job.

    Args:
        job: a job of a study file.
        flags: arguments before the overrides.
    """
    kept = [override for override in job.overrides if not NOT_REPEATED.match(override)]
    chosen = None if job.tuning is None else job.tuning.chosen
    tuned = {} if chosen is None else {override_key(name): value for name, value in chosen.hyperparameters.items()}
    kept = [override for override in kept if override.partition("=")[0] not in tuned]
    values = [f"{name}={format_value(value)}" for name, value in tuned.items()]
    untuned = [NO_TUNING] if job.tuning is not None or NO_TUNING in job.overrides else []
    return shlex.join(["python", "-m", "optbench", *flags, *kept, *untuned, *values])


def config_flags(command: str) -> list[str]:
    """Return the arguments of ``command`` that name folders with the user's YAML files."""
    words = shlex.split(command)
    naming = (*FLAGS, SEARCH_PATH)
    found = [words[i : i + 2] if word in FLAGS else [word] for i, word in enumerate(words) if word.startswith(naming)]
    return [word for flag in found for word in flag]


def override_key(name: str) -> str:
    """Return the configuration key of a tuned hyperparameter."""
    return name if "." in name else f"optimizer.{name}"
