"""What was measured: by rule and library the largest differences, and the smallest case that shows one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from optbench.lab.certificates.reference import Reference

DOUBLE, SINGLE = 1e-9, 1e-5  # of the largest update: what rounding may leave in float64, and in float32


class Smallest(NamedTuple):
    """The smallest case on which a difference shows: everything a list a step."""

    name: str
    grads: list[Any]
    ours: list[Any]
    theirs: list[Any]


class Found(NamedTuple):
    """What was measured of one reference."""

    rule: str
    library: str
    reference: Reference
    same: Mapping[str, float]  # largest difference with the same numbers, by stream
    equal: Mapping[str, float]  # the same with equal conventions; empty where none were made equal
    failure: str = ""  # what the library said where it could not
    smallest: Smallest | None = None

    @property
    def tolerance(self) -> float:
        """Below which two rules are the same."""
        return SINGLE if self.reference.single else DOUBLE


class Measured(NamedTuple):
    """All that was measured."""

    steps: int
    versions: Mapping[str, str]  # of the libraries that were there, by name
    found: list[Found]
    oracles: Mapping[str, float]  # by rule, the largest difference from the float64 oracle


def largest(by_stream: Mapping[str, float]) -> float:
    """The largest difference of all streams; 0 where there are none."""
    return max(by_stream.values(), default=0.0)
