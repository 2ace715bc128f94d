"""The results of a cross-check: the largest differences per rule and library, and a smallest case that shows them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from optbench.lab.certificates.group_settings import GroupSetting
from optbench.lab.trajectories import Updates
from optbench.spec.about import Library, Reference

DOUBLE, SINGLE = 1e-9, 1e-5  # of the largest update: explained by rounding in float64, and in float32


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
    equal: Mapping[str, float]  # by stream, the same with equal conventions; empty if conventions cannot be made equal
    failure: str = ""  # the error of the library's rule, if it raised one
    smallest: SmallestCase | None = None

    @property
    def library(self) -> Library:
        """The library of the comparison."""
        return self.reference.library

    @property
    def tolerance(self) -> float:
        """The difference below which two rules count as the same."""
        return SINGLE if self.reference.single else DOUBLE


class GroupComparison(NamedTuple):
    """The measured differences between a setting with parameter groups and its counterpart in a library."""

    setting: GroupSetting
    library: Library
    same: Mapping[str, float]  # by stream, the largest difference
    failure: str = ""  # the error of the library, if it raised one

    @property
    def is_same(self) -> bool:
        """Whether both make the same updates."""
        return not self.failure and largest(self.same) < DOUBLE


class CrossCheck(NamedTuple):
    """All comparisons of one run of ``python -m optbench.crosscheck``."""

    steps: int
    versions: Mapping[str, str]  # of the installed libraries, by name
    comparisons: list[Comparison]
    oracles: Mapping[str, float]  # by rule, the largest difference from its float64 oracle
    groups: Sequence[GroupComparison] = ()


def largest(by_stream: Mapping[str, float]) -> float:
    """The largest difference over all streams; 0 if there are none."""
    return max(by_stream.values(), default=0.0)


def difference(ours: Updates, theirs: Updates) -> float:
    """The largest difference between updates, relative to the largest of ``theirs``; infinite if it is NaN."""
    scale = float(np.max([np.abs(u).max() for u in theirs]))  # Python's max would ignore NaN
    largest = float(np.max([np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)]))
    if largest == 0:
        return 0.0
    return largest / scale if np.isfinite(largest) and scale > 0 else float("inf")
