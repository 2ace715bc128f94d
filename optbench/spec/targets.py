"""Targets: values of a metric on a split that a run should reach. Time to target is measured against them.

A target belongs to a problem of a study. It does not affect its runs and is not part of a run's id.
"""

from typing import Literal, NamedTuple

from optbench.config.parameters import format_value
from optbench.errors import ConfigError

SplitName = Literal["train", "valid", "test"]
WITHOUT = "Take target=null for none."


class Target(NamedTuple):
    """A value to reach: from above for a loss, from below for an accuracy."""

    metric: str
    split: SplitName
    value: float  # the value for time to target
    values: tuple[float, ...] = ()  # several values, of which the report shows the share that was reached

    @property
    def every(self) -> tuple[float, ...]:
        """All values, without duplicates."""
        return tuple(dict.fromkeys((*self.values, self.value)))


class TargetOptions(NamedTuple):
    """A target in the configuration: metric, split and one or several values; all unset for no target."""

    metric: str | None
    split: SplitName | None
    value: float | None
    values: list[float] | None = None


def read_target(options: TargetOptions) -> Target | None:
    """The target, if there is one. If only a list of values is given, its last value is that of time to target.

    Raises:
        ConfigError: the metric, the split or the value is missing.
    """
    metric, split, value, values = options
    value = values[-1] if value is None and values else value
    needed = {"metric": metric, "split": split, "value": value}
    missing = [f"target.{name}" for name, part in needed.items() if part is None]
    if len(missing) == len(needed) and values is None:
        return None
    if metric is None or split is None or value is None:
        given = ", ".join(f"target.{n}={format_value(v)}" for n, v in options._asdict().items() if v is not None)
        raise ConfigError(f"`{missing[0]}` is needed where a target is given. Received: {given}. {WITHOUT}")
    return Target(metric, split, value, tuple(dict.fromkeys(values or ())))
