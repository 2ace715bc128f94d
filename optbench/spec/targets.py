"""Targets: values of a metric on a split that a run should reach, against which time to target is measured.

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
    value: float  # against which time to target is measured
    values: tuple[float, ...] = ()  # several values, of which the share that was reached is shown

    @property
    def every(self) -> tuple[float, ...]:
        """All values, each once."""
        return tuple(dict.fromkeys((*self.values, self.value)))


class TargetOptions(NamedTuple):
    """A target as the configuration has it: metric, split and a value or several, or nothing of it."""

    metric: str | None
    split: SplitName | None
    value: float | None
    values: list[float] | None = None


def read_target(options: TargetOptions) -> Target | None:
    """The target, if there is one. Of several values without a single one, the last is that of the time to target.

    Raises:
        ConfigError: a part of it is missing.
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
