"""Format configuration values as text."""

import math
from typing import Any

from optbench.config.environment_values import reference_of

LONGEST = 40  # digits of an integer that a message shows


def leading_digits(value: int) -> str:
    """The first digits of a positive integer, which may have more digits than Python can print."""
    return str(value // 10 ** max(0, int(value.bit_length() * math.log10(2)) - 6))[:6]


def format_value(value: Any) -> str:
    """A value as it is written on the command line."""
    if reference_of(value) is not None:
        return str(reference_of(value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) >= 10**LONGEST:
        return f"{'-' if value < 0 else ''}{leading_digits(abs(value))}... (a whole number of many digits)"
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{format_value(member)}" for name, member in value.items()) + "}"
    return str(value).replace(" ", "") if isinstance(value, list) else str(value)
