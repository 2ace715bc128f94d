"""Options that all jobs of a study must share, because their results are compared."""

from collections.abc import Sequence

from optbench.errors import ConfigError
from optbench.spec.job import JobSpec
from optbench.spec.run import canonical
from optbench.spec.targets import Target


def check_shared(specs: Sequence[JobSpec]) -> None:
    """Raise ConfigError unless all jobs agree on the options of the study."""
    if len({tuple(spec.seeds) for spec in specs}) > 1:
        raise ConfigError(
            "`seeds` cannot be swept: seeds are repetitions, and every job trains all of them. "
            "Give a count, seeds=8, or a list in brackets, seeds=[1,2,3]."
        )
    first = specs[0]
    for spec in specs:
        if spec.tune != first.tune:
            raise ConfigError(
                "`tune` cannot be swept: every optimizer of a study has the same budget of trials. Give one value."
            )
        for key in ("report", "executor", "checkpoint", "weights", "decide_by"):
            if getattr(spec, key) != getattr(first, key):
                raise ConfigError(f"`{key}` cannot be swept: it belongs to the whole study. Give one value.")
        for key in first.study._fields:
            dated = key == "name" and not any(o.startswith("name=") for o in spec.overrides)
            if getattr(spec.study, key) != getattr(first.study, key) and not dated:
                raise ConfigError(f"`{key}` cannot be swept: it belongs to the whole study. Give one value.")
    check_targets(specs)


def check_targets(specs: Sequence[JobSpec]) -> None:
    """Raise ConfigError if a problem has different targets in different jobs."""
    found: dict[str, Target | None] = {}
    for spec in specs:
        target, problem = spec.target, canonical(spec.problem.identity())
        if found.setdefault(problem, target) != target:
            raise ConfigError(
                "`target` cannot be swept: settings are compared by the time to one target. "
                f"Received: {describe_target(found[problem])} and {describe_target(target)}. Give one for each problem."
            )


def describe_target(target: Target | None) -> str:
    """A target in words."""
    if target is None:
        return "none"
    return f"{target.metric} {', '.join(f'{value:g}' for value in target.every)} on {target.split}"
