"""Checks of the arguments of ``optbench.record`` and ``optbench.from_runs``."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from optbench.config.parameters import format_value
from optbench.errors import ConfigError
from optbench.importing.cells import LARGEST
from optbench.importing.names import known_hyperparameter, normalize
from optbench.importing.tables import HYPERPARAMETER


def check_choice(key: str, value: Any, choices: Sequence[str]) -> None:
    """Raise ConfigError unless a value is None or one of several strings."""
    if value is not None and value not in choices:
        known = " or ".join(f'"{choice}"' for choice in choices) if len(choices) < 3 else f"one of {', '.join(choices)}"
        raise ConfigError(f"`{key}` must be {known}{' or None' if len(choices) == 1 else ''}. Received: {value!r}.")


def check_text(key: str, value: Any) -> None:
    """Raise ConfigError unless a value is a nonempty string."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"`{key}` must be a string. Received: {key}={value!r}.")


def read_names(key: str, value: Any) -> tuple[str, ...]:
    """Names as a tuple. A single name may be given as a string.

    Raises:
        ConfigError: it is not a list of strings.
    """
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"`{key}` must be a list of names. Received: {key}={value!r}.")
    return tuple(names)


def read_integer(key: str, value: Any) -> int:
    """Convert an integer >= 0, also one of NumPy or TensorFlow.

    Raises:
        ConfigError: it is not such an integer, or exceeds 2^53.
    """
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if not isinstance(value, bool) and int(value) == value and 0 <= value <= LARGEST:
            return int(value)
    raise ConfigError(f"`{key}` must be an integer >= 0 and at most 2^53. Received: {key}={value!r}.")


def read_epoch(value: Any) -> float | None:
    """A number of epochs; None if it is unknown.

    Raises:
        ConfigError: it is not a finite number >= 0.
    """
    if value is None:
        return None
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if math.isfinite(float(value)) and float(value) >= 0:
            return float(value)
    raise ConfigError(f"`epoch` must be a number >= 0. Received: epoch={value!r}.")


def read_value(name: str, value: Any) -> float:
    """The value of a metric; ConfigError if it is not a number."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"`{name}` must be a number. Received: {name}={value!r}.") from None


def read_hyperparameters(given: Any) -> dict[str, Any]:
    """The columns of hyperparameters, under their names in tables; ConfigError if a name is invalid."""
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(f"`hyperparameters` must be {{name: value, ...}}. Received: hyperparameters={given!r}.")
    named = {known_hyperparameter(name) or normalize(name): value for name, value in (given or {}).items()}
    if "" in named:
        raise ConfigError(f"`hyperparameters` must have names of letters and digits. Received: {named!r}.")
    return {
        f"{HYPERPARAMETER}{name}": value if isinstance(value, int | float | str | bool) else format_value(value)
        for name, value in named.items()
    }
