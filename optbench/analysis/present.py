"""Numbers as text, the same in the terminal and on the page."""

import math
from collections.abc import Iterable

LISTED_AT_MOST = 4


def number(value: float, digits: int = 3) -> str:
    """A number with ``digits`` significant ones; ``∞`` for infinity and ``–`` for none."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:#.{digits}g}".removesuffix(".")
    if "e" in text and 1e-4 <= abs(value) < 1e6:
        return f"{value:.0f}"
    return text.replace("-", "−", 1) if value < 0 else text


def percent(value: float) -> str:
    """A share in percent with one decimal."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}"


def metric_value(metric: str, value: float) -> str:
    """A metric's value in its usual unit: accuracy in percent, anything else as a number."""
    return percent(value) if metric.endswith("accuracy") else number(value)


UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def unit_of_time(seconds: float) -> tuple[str, float]:
    """The unit in which a duration is best told, and its size in seconds."""
    return next(((unit, size) for unit, size in UNITS if seconds >= size), UNITS[-1])


def seconds(value: float) -> str:
    """A duration in the unit that suits it."""
    if not math.isfinite(value):
        return number(value)
    unit, size = unit_of_time(value)
    return f"{number(value / size)} {unit}"


def megabytes(size: int) -> str:
    """A number of bytes in megabytes."""
    return f"{size / 1e6:,.1f} MB"


def share(count: int, total: int) -> str:
    """``3 of 8``, or ``0`` where there are none."""
    return f"{count} of {total}" if count else "0"


def counted(count: int, what: str) -> str:
    """``1 seed``, ``3 seeds``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def listed(names: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; of more than four the first three and how many more."""
    known = list(names)
    if len(known) > LISTED_AT_MOST:
        return f"{', '.join(known[: LISTED_AT_MOST - 1])} and {len(known) - LISTED_AT_MOST + 1} more"
    return " and ".join([*([", ".join(known[:-1])] if len(known) > 1 else []), *known[-1:]])
