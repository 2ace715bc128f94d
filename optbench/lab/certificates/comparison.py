"""The results of a cross-check: the largest differences per rule and library, and a smallest case that shows them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from optbench.spec.about import Library, Reference

DOUBLE, SINGLE = 1e-9, 1e-5  # of the largest update: differences that rounding explains in float64, and in float32


class SmallestCase(NamedTuple):
    """The smallest stream that shows a difference: a list over steps of gradients and of both sides' updates."""

    name: str
    grads: list[Any]
    ours: list[Any]
    theirs: list[Any]


class Comparison(NamedTuple):
    """The measured differences between one of our rules and a library's."""

    rule: str
    reference: Reference
    same: Mapping[str, float]  # by stream, the largest difference with the same numbers
    equal: Mapping[str, float]  # by stream, the same with equal conventions; empty where they were not made equal
    failure: str = ""  # the error of the library's rule, if it raised one
    smallest: SmallestCase | None = None

    @property
    def library(self) -> Library:
        """The library that was compared with."""
        return self.reference.library

    @property
    def tolerance(self) -> float:
        """The difference below which two rules count as the same."""
        return SINGLE if self.reference.single else DOUBLE


class CrossCheck(NamedTuple):
    """All comparisons of one run of ``python -m optbench.crosscheck``."""

    steps: int
    versions: Mapping[str, str]  # of the installed libraries, by name
    comparisons: list[Comparison]
    oracles: Mapping[str, float]  # by rule, the largest difference from its float64 oracle


def largest(by_stream: Mapping[str, float]) -> float:
    """The largest difference over all streams; 0 if there are none."""
    return max(by_stream.values(), default=0.0)
