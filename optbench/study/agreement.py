"""What the jobs of a study must agree on, since they are compared with each other."""

from collections.abc import Sequence

from optbench.errors import ConfigError
from optbench.spec.run import canonical
from optbench.spec.targets import Target
from optbench.study.description import Member


def check_shared(members: Sequence[Member]) -> None:
    """What belongs to the whole study is the same in all of its jobs: settings are compared seed by seed."""
    if len({tuple(member.asked.seeds) for member in members}) > 1:
        raise ConfigError(
            "`seeds` cannot be swept: seeds are repetitions, and every job trains all of them. "
            "Give a count, seeds=8, or a list in brackets, seeds=[1,2,3]."
        )
    first = members[0].asked
    for member in members:
        if member.asked.tune != first.tune:
            raise ConfigError(
                "`tune` cannot be swept: every optimizer of a study has the same budget of trials. Give one value."
            )
        for key in ("report", "executor", "checkpoint", "weights"):
            if getattr(member.asked, key) != getattr(first, key):
                raise ConfigError(f"`{key}` cannot be swept: it belongs to the whole study. Give one value.")
        for key in first.study._fields:
            dated = key == "name" and not any(o.startswith("name=") for o in member.asked.job.overrides)
            if getattr(member.asked.study, key) != getattr(first.study, key) and not dated:
                raise ConfigError(f"`{key}` cannot be swept: it belongs to the whole study. Give one value.")
    check_targets(members)


def check_targets(members: Sequence[Member]) -> None:
    """A problem has one target, or none, in all jobs that are about it."""
    found: dict[str, Target | None] = {}
    for member in members:
        target, problem = member.asked.target, canonical(member.asked.problem.identity())
        if found.setdefault(problem, target) != target:
            raise ConfigError(
                "`target` cannot be swept: settings are compared by the time to one target. "
                f"Received: {in_words(found[problem])} and {in_words(target)}. Give one for each problem."
            )


def in_words(target: Target | None) -> str:
    """A target in words."""
    return "none" if target is None else f"{target.metric} {target.value:g} on {target.split}"
