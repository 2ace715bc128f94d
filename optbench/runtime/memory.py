"""Sizes estimated before anything is allocated: what cannot fit the machine is refused in one line."""

import math

from optbench.errors import ConfigError
from optbench.runtime.machine import free_memory

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def format_size(size: float) -> str:
    """A number of bytes with three digits and a unit of suitable size: ``1.2 GB``."""
    size, unit = as_float(size), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}"


def as_float(size: float) -> float:
    """A number as a float; infinite where it is a whole number of hundreds of digits."""
    try:
        return float(size)
    except OverflowError:
        return math.inf


def check_fits(size: float, what: str, received: str, advice: str) -> None:
    """Raise ConfigError if ``size`` bytes are more than the machine has free.

    Args:
        size: a lower bound of what would be allocated.
        what: needs it, the subject of the sentence.
        received: the key and its value.
        advice: a sentence.
    """
    free = free_memory()
    if size > free:
        raise ConfigError(
            f"{what} would take about {format_size(size)} of memory; {format_size(free)} are free. "
            f"Received: {received}. {advice}"
        )
