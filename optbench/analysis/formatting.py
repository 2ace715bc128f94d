"""Format numbers as text, the same in the terminal and in the report."""

import math
from collections.abc import Iterable

MAX_NAMES = 4


def format_number(value: float, digits: int = 3) -> str:
    """Format a number with ``digits`` significant digits. Infinity becomes ``∞`` and NaN becomes ``–``."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:#.{digits}g}".removesuffix(".")
    if "e" in text and 1e-4 <= abs(value) < 1e6:
        return f"{value:.0f}"
    return text.replace("-", "−", 1) if value < 0 else text


def format_percent(value: float) -> str:
    """Format a fraction in percent with one decimal. NaN becomes ``–``."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}".replace("-", "−", 1)


def format_metric(metric: str, value: float) -> str:
    """Format the value of a metric: accuracies in percent, other metrics as numbers."""
    return format_percent(value) if metric.endswith("accuracy") else format_number(value)


UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def time_unit(seconds: float) -> tuple[str, float]:
    """Return the largest unit that does not exceed the duration, and the length of this unit in seconds."""
    return next(((unit, size) for unit, size in UNITS if seconds >= size), UNITS[-1])


def format_seconds(value: float) -> str:
    """Format a duration, given in seconds, with a unit of suitable size."""
    if not math.isfinite(value):
        return format_number(value)
    unit, size = time_unit(value)
    return f"{format_number(value / size)} {unit}"


def format_megabytes(size: int) -> str:
    """Format a number of bytes in megabytes."""
    return f"{size / 1e6:,.1f} MB"


def format_bytes(size: float) -> str:
    """Format a number of bytes with a unit of suitable size: ``4 bytes``, ``38.5 kB``, ``1.2 MB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{format_number(size / factor)} {unit}"
    return pluralize(int(size), "byte")


def format_fraction(count: int, total: int) -> str:
    """Format a count as ``3 of 8``, or as ``0`` if it is zero."""
    return f"{count} of {total}" if count else "0"


def pluralize(count: int, noun: str) -> str:
    """Format a count with its noun: ``1 seed``, ``3 seeds``, ``2,048 runs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def join_names(names: Iterable[str], most: int | None = MAX_NAMES) -> str:
    """Join names: ``a``, ``a and b``, ``a, b and c``.

    Of more than ``most`` names, the first ones and the number of the others: ``a, b, c and 2 more``. None joins all.
    """
    known = list(names)
    if most is not None and len(known) > most:
        return f"{', '.join(known[: most - 1])} and {len(known) - most + 1} more"
    return " and ".join([*([", ".join(known[:-1])] if len(known) > 1 else []), *known[-1:]])
