"""What the jobs of a study must agree on, since they are compared with each other."""

from collections.abc import Sequence

from optbench.errors import ConfigError
from optbench.spec.run import canonical
from optbench.spec.targets import Target
from optbench.study.description import StudyJob


def check_shared(jobs: Sequence[StudyJob]) -> None:
    """What belongs to the whole study is the same in all of its jobs: settings are compared seed by seed."""
    if len({tuple(job.spec.seeds) for job in jobs}) > 1:
        raise ConfigError(
            "`seeds` cannot be swept: seeds are repetitions, and every job trains all of them. "
            "Give a count, seeds=8, or a list in brackets, seeds=[1,2,3]."
        )
    first = jobs[0].spec
    for job in jobs:
        if job.spec.tune != first.tune:
            raise ConfigError(
                "`tune` cannot be swept: every optimizer of a study has the same budget of trials. Give one value."
            )
        for key in ("report", "executor", "checkpoint", "weights"):
            if getattr(job.spec, key) != getattr(first, key):
                raise ConfigError(f"`{key}` cannot be swept: it belongs to the whole study. Give one value.")
        for key in first.study._fields:
            dated = key == "name" and not any(o.startswith("name=") for o in job.spec.overrides)
            if getattr(job.spec.study, key) != getattr(first.study, key) and not dated:
                raise ConfigError(f"`{key}` cannot be swept: it belongs to the whole study. Give one value.")
    check_targets(jobs)


def check_targets(jobs: Sequence[StudyJob]) -> None:
    """A problem has one target, or none, in all jobs that are about it."""
    found: dict[str, Target | None] = {}
    for job in jobs:
        target, problem = job.spec.target, canonical(job.spec.problem.identity())
        if found.setdefault(problem, target) != target:
            raise ConfigError(
                "`target` cannot be swept: settings are compared by the time to one target. "
                f"Received: {in_words(found[problem])} and {in_words(target)}. Give one for each problem."
            )


def in_words(target: Target | None) -> str:
    """A target in words."""
    return "none" if target is None else f"{target.metric} {target.value:g} on {target.split}"
