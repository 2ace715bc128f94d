"""Published numbers that an experiment carries, to be drawn beside what was measured here.

They belong to a problem of a study and change nothing about its runs: they are no part of a run's id.
"""

import math
import re
from typing import Any, Literal, NamedTuple

from optbench.config.parameters import check_arguments, format_value, unknown_name
from optbench.errors import ConfigError
from optbench.spec.metrics import Declared

LOSSES = ("loss", "regularized_loss")
TOP_K = re.compile(r"top_[1-9]\d*_accuracy")


class Published(NamedTuple):
    """A published result on a problem. The first five fields are needed."""

    label: str  # of the line: whose optimizer
    metric: str  # loss, accuracy
    split: Literal["train", "valid", "test"]
    value: float  # in the metric's unit: accuracy in [0, 1]; the mean where there are several seeds
    source: str  # where it stands
    deviation: float = 0.0  # standard deviation over seeds, in the metric's unit, for a band; 0: no band
    seeds: int = 0  # of how many it is the mean; 0: not known
    setting: str = ""  # hyperparameters, as text
    epochs: int = 0  # after which it was taken; 0: not known
    batch_size: int = 0  # with which it was trained; 0: not known
    note: str = ""  # what has to be known to compare with it, in sentences


def read_published(values: Any, known: Declared) -> list[Published]:
    """The published numbers of a configuration.

    Args:
        values: as the configuration has them.
        known: the ranges of the metrics that there are beside losses, by name.

    Raises:
        ConfigError: they are not a list of labels, metrics, splits, values and sources; or a metric does not exist, or
            a value is out of its range.
    """
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise ConfigError(
            f"`published` must be a list of {{{','.join(Published._fields[:5])}}}. "
            f"Received: published={format_value(values)}."
        )
    return [read_entry(value, f"published[{place}]", known) for place, value in enumerate(values)]


def read_entry(values: dict[str, Any], path: str, known: Declared) -> Published:
    """One published number, checked."""
    entry = Published(**check_arguments(Published, values, path))
    if entry.metric not in (*LOSSES, *known) and not TOP_K.fullmatch(entry.metric):
        line = unknown_name(f"`{path}.metric={entry.metric}`", entry.metric, (*LOSSES, *known))
        raise ConfigError(f"{line} A function of your own is one if metrics=[...] names it.")
    check_number(f"{path}.value", entry.value, *range_of(entry.metric, known))
    check_number(f"{path}.deviation", entry.deviation, 0.0, math.inf)
    for name in ("seeds", "epochs", "batch_size"):
        check_number(f"{path}.{name}", getattr(entry, name), 0, math.inf)
    return entry


def range_of(metric: str, known: Declared) -> tuple[float, float]:
    """The lowest and the highest value of a metric."""
    if TOP_K.fullmatch(metric):
        return 0.0, 1.0
    return (known[metric].low, known[metric].high) if metric in known else (-math.inf, math.inf)


def check_number(path: str, value: float, low: float, high: float) -> None:
    """Raise ConfigError unless a number is finite and in its range."""
    if math.isfinite(value) and low <= value <= high:
        return
    ends = f"from {low:g} to {high:g}" if math.isfinite(high) else f"at least {low:g}" if math.isfinite(low) else ""
    raise ConfigError(f"`{path}` must be {ends or 'a finite number'}. Received: {path}={format_value(value)}.")
