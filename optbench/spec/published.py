"""Published results that an experiment includes, for plots next to the results measured here.

They belong to a problem of a study. They do not affect its runs and are not part of a run's id.
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
    """A published result on a problem. The first five fields are required."""

    label: str  # label of the line: the optimizer
    metric: str  # a metric, such as loss or accuracy
    split: Literal["train", "valid", "test"]
    value: float  # in the metric's unit: accuracy in [0, 1]; the mean if there are several seeds
    source: str  # where the value was published
    deviation: float = 0.0  # standard deviation over seeds, in the metric's unit, drawn as a band; 0 for no band
    seeds: int = 0  # number of seeds over which the value is a mean; 0 if unknown
    setting: str = ""  # hyperparameters, as text
    epochs: int = 0  # epochs after which it was measured; 0 if unknown
    batch_size: int = 0  # batch size of training; 0 if unknown
    note: str = ""  # what a reader must know to compare with it, in sentences


def read_published(values: Any, known: Declared) -> list[Published]:
    """Read the published results in a configuration.

    Args:
        values: as in the configuration.
        known: the ranges of all metrics other than losses, by name.

    Raises:
        ConfigError: an entry lacks a label, metric, split, value or source, names an unknown metric, or has a value out
            of range.
    """
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise ConfigError(
            f"`published` must be a list of {{{','.join(Published._fields[:5])}}}. "
            f"Received: published={format_value(values)}."
        )
    return [read_entry(value, f"published[{place}]", known) for place, value in enumerate(values)]


def read_entry(values: dict[str, Any], path: str, known: Declared) -> Published:
    """Read and check one published result."""
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
    """The lowest and the highest possible value of a metric."""
    if TOP_K.fullmatch(metric):
        return 0.0, 1.0
    return (known[metric].low, known[metric].high) if metric in known else (-math.inf, math.inf)


def check_number(path: str, value: float, low: float, high: float) -> None:
    """Raise ConfigError unless a number is finite and in its range."""
    if math.isfinite(value) and low <= value <= high:
        return
    ends = f"from {low:g} to {high:g}" if math.isfinite(high) else f"at least {low:g}" if math.isfinite(low) else ""
    raise ConfigError(f"`{path}` must be {ends or 'a finite number'}. Received: {path}={format_value(value)}.")
