"""Messages that show a number as it was typed: ``epochs=1e30``, which Hydra reads as a float of 31 digits."""

from collections.abc import Sequence

from optbench.config.parameters import format_value


def as_typed(message: str, overrides: Sequence[str]) -> str:
    """Return ``message`` with the numbers of overrides as they were typed.

    Args:
        message: that shows values of the configuration as ``key=value``.
        overrides: of the job.
    """
    for override in overrides:
        key, _, typed = override.lstrip("+").partition("=")
        for shown in readings(typed):
            message = message.replace(f"{key}={shown}.", f"{key}={typed}.").replace(
                f"{key}={shown},", f"{key}={typed},"
            )
    return message


def readings(typed: str) -> list[str]:
    """How a message shows a number that was typed; nothing if it is no number, or shown as it was typed."""
    if not typed[:1].isdigit() and typed[:1] not in ("-", ".", "+"):
        return []
    try:
        value = float(typed)
        shown = [format_value(value), *([str(int(value))] if value.is_integer() and len(typed) < 400 else [])]
    except (ValueError, OverflowError):
        return []
    return [text for text in shown if text != typed]
