"""Memory sizes, estimated before allocation: what cannot fit is rejected with one line."""

import math

from optbench.errors import ConfigError
from optbench.runtime.machine import free_memory

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def format_size(size: float) -> str:
    """A number of bytes with three digits and a suitable unit: ``1.2 GB``."""
    size, unit = as_float(size), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}"


def as_float(size: float) -> float:
    """Convert a number to a float; an integer with hundreds of digits becomes infinite."""
    try:
        return float(size)
    except OverflowError:
        return math.inf


def check_fits(size: float, what: str, received: str, advice: str) -> None:
    """Raise ConfigError if ``size`` bytes exceed the free memory of the machine.

    Args:
        size: a lower bound of the allocation, in bytes.
        what: what needs the memory; subject of the sentence.
        received: the key and its value.
        advice: what to do, a sentence.
    """
    free = free_memory()
    if size > free:
        raise ConfigError(
            f"{what} would take about {format_size(size)} of memory; {format_size(free)} are free. "
            f"Received: {received}. {advice}"
        )
