"""The specification of tuning: how many trials, of which hyperparameters, in which space, judged by what."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from optbench.spec.run import ProblemConfig

FIRST_TRIAL_SEED = 1_000_000_000  # trials have seeds of their own, far from those that people give
DIGITS = 6  # significant digits of a value that is tried: short enough to read, finer than any tuning


class SearchInterval(NamedTuple):
    """Numbers from ``low`` to ``high``, both included, uniform in the logarithm if ``log``."""

    low: float
    high: float
    log: bool

    def at(self, share: float) -> float:
        """The number that lies ``share``, in [0, 1], of the way from low to high."""
        if self.log:
            return round_significant(math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low))))
        return round_significant(self.low + share * (self.high - self.low))


class SearchChoice(NamedTuple):
    """One of a few values."""

    values: Sequence[Any]

    def at(self, share: float) -> Any:
        """The value that lies ``share``, in [0, 1], of the way from the first to the last."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


Space: TypeAlias = SearchInterval | SearchChoice
Point = tuple[float, ...]  # shares of the way through each space, in [0, 1]
Method = Callable[[Sequence[Space], int, ProblemConfig], list[Point]]


class Halving(NamedTuple):
    """Successive halving of the trials of a job."""

    eta: int  # one in eta settings goes on at each rung
    min_epochs: float | None  # of the first rung; None: rungs are shares of the budget
    rungs: int = 2  # before the end, where they are shares of the budget


class AdaptiveSearch(NamedTuple):
    """A search whose next trials follow from the results of earlier ones."""

    sampler: Literal["tpe", "gp", "random", "qmc"]  # of Optuna
    batch: int  # trials asked for at once


class Tuning(NamedTuple):
    """How a job chooses its setting; see :func:`optbench.study.tuning.tuning` for the fields."""

    method: Method
    trials: int
    parameters: list[str]
    space: Mapping[str, Any]
    seeds: int
    choose: Literal["final", "best"]
    metric: str | None
    halving: Halving | None = None  # None: every trial uses its whole budget
    search: AdaptiveSearch | None = None  # None: all trials are known from the start

    @property
    def trial_seeds(self) -> list[int]:
        """The seeds of each trial, the same for all, so that trials are paired as runs are."""
        return list(range(FIRST_TRIAL_SEED, FIRST_TRIAL_SEED + self.seeds))


def round_significant(value: float) -> float:
    """``value`` with ``DIGITS`` significant digits."""
    return float(f"{value:.{DIGITS}g}")
