"""The allowed ratios of the time gate: a default, and exceptions for single benchmarks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from optbench.errors import ConfigError

DEFAULT_FILE = Path(__file__).with_name("allowed.yaml")


@dataclass(frozen=True)
class AllowedRatios:
    """The allowed ratio of a benchmark's time to that of its base; all are above 1."""

    default: float
    benchmarks: Mapping[str, float]  # exceptions, by name: update[adam]

    def of(self, benchmark: str) -> float:
        """The ratio of one benchmark."""
        return self.benchmarks.get(benchmark, self.default)


def read_allowed_ratios(path: Path) -> AllowedRatios:
    """The ratios in a file.

    Raises:
        ConfigError: the file cannot be read, or contains anything but ratios above 1.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path} cannot be read: {' '.join(str(error).split())}. Name another file with --allowed."
        ) from None
    keys = {"default", "benchmarks"}
    if not isinstance(content, dict) or set(content) != keys or not isinstance(content["benchmarks"], dict):
        raise ConfigError(
            f"{path} must contain `default` and `benchmarks`, like optbench/lab/gates/{DEFAULT_FILE.name}."
        )
    exceptions = {str(name): check_ratio(path, str(name), value) for name, value in content["benchmarks"].items()}
    return AllowedRatios(check_ratio(path, "default", content["default"]), exceptions)


def check_ratio(path: Path, name: str, value: Any) -> float:
    """``value`` as a ratio; ConfigError if it is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 < value < float("inf"):
        raise ConfigError(f"`{name}` in {path} must be a number above 1. Received: {value}.")
    return float(value)
