"""Find the range of learning rates that work about as well as the best one."""

from typing import NamedTuple

import numpy as np
import pandas as pd

KEPT = 0.95  # share of the improvement from step 0 to the best value that a good learning rate keeps


class RateRange(NamedTuple):
    """The learning rates of one optimizer that were tried, and those around the best one that keep its improvement."""

    best: float
    low: float  # the lowest and highest rate of the range
    high: float
    lowest: float  # the lowest and highest rate that was tried
    highest: float
    tried: int  # the number of rates
    seeds: int  # the number of runs of each rate
    good: int  # the number of rates in the range

    @property
    def is_best_at_border(self) -> bool:
        """Whether the best rate is the lowest or highest that was tried."""
        return self.best in (self.lowest, self.highest)


def good_rates(by_rate: pd.DataFrame, start: float, sign: float) -> RateRange | None:
    """Return the range of neighboring learning rates that keep 95 % of the improvement.

    The improvement is that of the best rate, from the value at step 0 to its median. The range has the best rate and
    all rates next to it, in both directions, up to the first one that keeps less.

    Args:
        by_rate: the rows of one optimizer of :func:`optbench.analysis.sensitivity.values_by_learning_rate`.
        start: the value at step 0, before training.
        sign: 1 if lower is better, -1 if higher is better.

    Returns:
        The range, or None if no rate improved on the start.
    """
    rates, costs = by_rate["learning_rate"].to_numpy(float), sign * by_rate["median"].to_numpy(float)
    best = int(np.argmin(costs)) if len(costs) else 0
    improvement = sign * start - costs[best] if len(costs) else 0.0
    if not (np.isfinite(improvement) and improvement > 0):
        return None
    good = costs <= costs[best] + (1 - KEPT) * improvement
    low, high = best, best
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(good) - 1 and good[high + 1]:
        high += 1
    return RateRange(
        best=float(rates[best]),
        low=float(rates[low]),
        high=float(rates[high]),
        lowest=float(rates[0]),
        highest=float(rates[-1]),
        tried=len(rates),
        seeds=int(by_rate["runs"].max()),
        good=high - low + 1,
    )
