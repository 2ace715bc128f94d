"""The allowed ratios of the speed gate: a default, and exceptions by the benchmark's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from optbench.errors import ConfigError

FILE = Path(__file__).with_name("allowed.yaml")


@dataclass(frozen=True)
class Allowed:
    """Ratios, each above 1."""

    default: float
    benchmarks: Mapping[str, float]

    def of(self, benchmark: str) -> float:
        """The ratio of one benchmark."""
        return self.benchmarks.get(benchmark, self.default)


def read_allowed(path: Path) -> Allowed:
    """The ratios in a file.

    Raises:
        ConfigError: it cannot be read, or holds anything but ratios above 1.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {' '.join(str(error).split())}. Name another --allowed.") from None
    if not isinstance(told, dict) or set(told) != {"default", "benchmarks"} or not isinstance(told["benchmarks"], dict):
        raise ConfigError(f"{path} must hold `default` and `benchmarks`, as {FILE.name} of optbench.lab.gates does.")
    named = {str(name): ratio(path, str(name), value) for name, value in told["benchmarks"].items()}
    return Allowed(ratio(path, "default", told["default"]), named)


def ratio(path: Path, name: str, value: Any) -> float:
    """``value`` as a ratio."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 < value < float("inf"):
        raise ConfigError(f"`{name}` in {path} must be a number above 1. Received: {value}.")
    return float(value)
