"""The specification of tuning: the number of trials, the hyperparameters, their search space and the metric."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from optbench.spec.run import ProblemConfig

FIRST_TRIAL_SEED = 1_000_000_000  # seeds of trials start here, far from seeds that users choose
DIGITS = 6  # significant digits of a tried value: easy to read, and finer than tuning needs


class SearchInterval(NamedTuple):
    """Numbers from ``low`` to ``high``, both inclusive, uniform in the logarithm if ``log``."""

    low: float
    high: float
    log: bool

    def at(self, share: float) -> float:
        """The number at fraction ``share``, in [0, 1], of the interval from low to high."""
        if self.log:
            return round_significant(math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low))))
        return round_significant(self.low + share * (self.high - self.low))


class SearchChoice(NamedTuple):
    """A choice among a few values."""

    values: Sequence[Any]

    def at(self, share: float) -> Any:
        """The value at fraction ``share``, in [0, 1], of the list of values."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


Space: TypeAlias = SearchInterval | SearchChoice
Point = tuple[float, ...]  # fractions of each search space, in [0, 1]
Method = Callable[[Sequence[Space], int, ProblemConfig], list[Point]]


class Halving(NamedTuple):
    """Successive halving of the trials of a job."""

    eta: int  # one in eta settings continues at each rung
    min_epochs: float | None  # length of the first rung; None: rungs are fractions of the budget
    rungs: int = 2  # rungs before the last, if they are fractions of the budget


class AdaptiveSearch(NamedTuple):
    """A search that chooses the next trials from the results of earlier trials."""

    sampler: Literal["tpe", "gp", "random", "qmc"]  # name of Optuna's sampler
    batch: int  # number of trials requested at once


class Tuning(NamedTuple):
    """How a job chooses its setting. See :func:`optbench.study.tuning.tuning` for the fields."""

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
        """The seeds of each trial. All trials have the same seeds, so that they are paired as runs are."""
        return list(range(FIRST_TRIAL_SEED, FIRST_TRIAL_SEED + self.seeds))


def round_significant(value: float) -> float:
    """Round ``value`` to ``DIGITS`` significant digits."""
    return float(f"{value:.{DIGITS}g}")
