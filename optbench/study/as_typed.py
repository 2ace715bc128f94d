"""Show numbers in messages as they were typed, such as ``epochs=1e30``, which Hydra reads as a float of 31 digits."""

from collections.abc import Sequence

from optbench.config.parameters import format_value


def as_typed(message: str, overrides: Sequence[str]) -> str:
    """Return ``message`` with the numbers from overrides as they were typed.

    Args:
        message: a message that shows configuration values as ``key=value``.
        overrides: the overrides of the job.
    """
    for override in overrides:
        key, _, typed = override.lstrip("+").partition("=")
        for shown in readings(typed):
            message = message.replace(f"{key}={shown}.", f"{key}={typed}.").replace(
                f"{key}={shown},", f"{key}={typed},"
            )
    return message


def readings(typed: str) -> list[str]:
    """The forms in which a message may show a typed number; empty if it is not a number, or is shown as typed."""
    if not typed[:1].isdigit() and typed[:1] not in ("-", ".", "+"):
        return []
    try:
        value = float(typed)
        shown = [format_value(value), *([str(int(value))] if value.is_integer() and len(typed) < 400 else [])]
    except (ValueError, OverflowError):
        return []
    return [text for text in shown if text != typed]
