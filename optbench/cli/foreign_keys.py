"""Values for some choices of a sweep only: ``optimizer=adam,keras optimizer.class_name=Lion``.

    wrapper=[],[clip_by_value] wrapper.clip_by_value.limit=5

Such a value applies to the choices whose YAML file lists its key, and is removed from jobs with other choices. A key
that no choice lists is kept in all jobs, which are then rejected.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from optbench.config.items import read_yaml

Job = Sequence[str]  # overrides
OF_A_WRAPPER = re.compile(r"wrapper\.(\w+)\.[\w.]+=")
INSIDE = re.compile(r"(optimizer|schedule|loss|regularizer)\.(\w+)[\w.]*=")


def without_foreign_keys(jobs: Sequence[Job], folders: Sequence[Path]) -> list[list[str]]:
    """Return jobs without values for other choices, and without duplicates.

    Args:
        jobs: the jobs of a sweep.
        folders: the folders of the configuration, in the order in which Hydra searches them.
    """
    jobs = [without_absent_wrappers(job, jobs) for job in jobs]
    known = {key: listed for key in _inside(jobs) if (listed := _choices_with(key, jobs, folders))}
    kept = {tuple(override for override in job if _is_for(override, job, known)): None for job in jobs}
    return [list(job) for job in kept]


def without_absent_wrappers(job: Job, jobs: Sequence[Job]) -> Job:
    """Return a job without values for wrappers that only other jobs have."""
    used = {name for each in jobs for name in wrappers_of(each)}
    absent = used - wrappers_of(job)
    return [override for override in job if not (found := OF_A_WRAPPER.match(override)) or found[1] not in absent]


def wrappers_of(job: Job) -> set[str]:
    """Return the names of the wrappers that a job lists."""
    listed = [override.partition("=")[2] for override in job if override.startswith("wrapper=")]
    return set(re.findall(r"[\w-]+", listed[-1])) if listed else set()


def _inside(jobs: Sequence[Job]) -> set[tuple[str, str]]:
    """The groups and keys of all values inside a group."""
    return {(found[1], found[2]) for job in jobs for override in job if (found := INSIDE.match(override))}


def _choices_with(key: tuple[str, str], jobs: Sequence[Job], folders: Sequence[Path]) -> set[str | None]:
    """The choices of a key's group that list it. A choice with unknown keys counts as listing it."""
    group, name = key
    choices = {_choice(group, job) for job in jobs}
    return {choice for choice in choices if choice is None or _lists(group, choice, name, folders)}


def _lists(group: str, choice: str, name: str, folders: Sequence[Path]) -> bool:
    files = [file for folder in folders if (file := folder / group / f"{choice}.yaml").is_file()]
    if not files:
        return True
    node = read_yaml(files[0])
    return name in node or "defaults" in node


def _choice(group: str, job: Job) -> str | None:
    """The choice of a group in a job; None if the job does not set it."""
    chosen = [override.partition("=")[2] for override in job if override.startswith(f"{group}=")]
    return chosen[-1] if chosen else None


def _is_for(override: str, job: Job, known: Mapping[tuple[str, str], set[str | None]]) -> bool:
    found = INSIDE.match(override)
    listed = known.get((found[1], found[2])) if found else None
    return listed is None or found is None or _choice(found[1], job) in listed
