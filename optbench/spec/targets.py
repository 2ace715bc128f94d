"""Targets: the value of a metric on a split that a run should reach, against which time to target is measured.

A target belongs to a problem of a study and changes nothing about its runs: it is no part of a run's id.
"""

from typing import Literal, NamedTuple

from optbench.config.parameters import format_value
from optbench.errors import ConfigError

SplitName = Literal["train", "valid", "test"]
WITHOUT = "Take target=null for none."


class Target(NamedTuple):
    """A value to be reached: from above by a loss, from below by an accuracy."""

    metric: str
    split: SplitName
    value: float


class TargetOptions(NamedTuple):
    """A target as the configuration has it: all of it, or nothing."""

    metric: str | None
    split: SplitName | None
    value: float | None


def read_target(options: TargetOptions) -> Target | None:
    """The target, if there is one; ConfigError where half of it is given."""
    missing = [f"target.{name}" for name, value in options._asdict().items() if value is None]
    if len(missing) == len(options):
        return None
    if missing or options.metric is None or options.split is None or options.value is None:
        given = ", ".join(f"target.{n}={format_value(v)}" for n, v in options._asdict().items() if v is not None)
        raise ConfigError(f"`{missing[0]}` is needed where a target is given. Received: {given}. {WITHOUT}")
    return Target(options.metric, options.split, options.value)
