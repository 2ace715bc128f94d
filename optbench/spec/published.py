"""Published numbers that an experiment carries, to be drawn beside what was measured here.

They belong to a problem of a study and change nothing about its runs: they are no part of a run's id.
"""

from typing import Any, Literal, NamedTuple

from optbench.config.parameters import check_arguments, format_value
from optbench.errors import ConfigError


class Published(NamedTuple):
    """A published result on a problem."""

    label: str  # of the line: whose optimizer
    metric: str  # loss, accuracy
    split: Literal["train", "valid", "test"]
    value: float  # in the metric's unit: accuracy in [0, 1]
    source: str  # where it stands


def read_published(values: Any) -> list[Published]:
    """The published numbers of a configuration.

    Raises:
        ConfigError: they are not a list of labels, metrics, splits, values and sources.
    """
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise ConfigError(
            f"`published` must be a list of {{{','.join(Published._fields)}}}. "
            f"Received: published={format_value(values)}."
        )
    return [Published(**check_arguments(Published, value, f"published[{place}]")) for place, value in enumerate(values)]
