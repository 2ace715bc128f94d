"""Across problems: who is fast on how many, who ranks where, and whether that can be told from chance.

values by problem ──> ranks ──> friedman ──> alike
times by problem  ──> profile ──> scores
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from optbench.analysis.significance import ALPHA

UP_TO = 4.0  # the largest ratio to the fastest that a profile looks at
LEAST_CONTENDERS, LEAST_PROBLEMS = 3, 5  # below, a test over ranks can show nothing


class Friedman(NamedTuple):
    """A test whether contenders rank alike, and by how much mean ranks must differ to be told apart."""

    p_value: float
    critical_difference: float  # of mean ranks, Nemenyi's
    problems: int


def ranks(costs: pd.DataFrame) -> pd.DataFrame:
    """The rank of each contender on each problem, 1 the best, ties their mean.

    Args:
        costs: a row a problem, a column a contender; lower is better, infinite is the worst. Problems on which a
            contender is missing are left out.
    """
    return costs.dropna().rank(axis=1, method="average")


def profile(times: pd.DataFrame) -> pd.DataFrame:
    """The performance profile: for each tau the share of problems that a contender solves within tau times the best.

    Args:
        times: a row a problem, a column a contender: the median over seeds of the time to the target; infinite where
            it is missed. A problem that nobody solves counts as unsolved by all.

    Returns:
        ``contender, tau, share``, at the ratios up to 4 at which some share changes, and at 1 and 4.

    A profile depends on who takes part: the best time changes when a contender joins.

    Source: Dolan and Moré, "Benchmarking Optimization Software with Performance Profiles", 2002.
    """
    ratio = _ratios(times)
    finite = ratio.to_numpy()[np.isfinite(ratio.to_numpy())]
    taus = np.unique([1.0, *finite[finite <= UP_TO], UP_TO])
    parts = [
        pd.DataFrame({"contender": name, "tau": taus, "share": [(ratio[name] <= tau).mean() for tau in taus]})
        for name in ratio
    ]
    return pd.concat(parts, ignore_index=True)


def scores(times: pd.DataFrame) -> pd.Series:
    """The area under each contender's profile from tau 1 to 4, divided by 3: in [0, 1], 1 for the best on all problems.

    Source: Dahl et al., "Benchmarking Neural Network Training Algorithms" (AlgoPerf), 2023, section 4.5.
    """
    solved = ((UP_TO - _ratios(times)) / (UP_TO - 1)).clip(lower=0)
    return solved.mean()


def friedman(ranked: pd.DataFrame) -> Friedman | None:
    """Whether contenders rank alike; None with fewer than 3 contenders or 5 problems.

    Args:
        ranked: from :func:`ranks`.

    Source: Friedman, 1937; Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", 2006, for
    Nemenyi's critical difference, ``q sqrt(k (k + 1) / (6 n))`` with q of the studentized range over sqrt(2).
    """
    problems, contenders = ranked.shape
    if contenders < LEAST_CONTENDERS or problems < LEAST_PROBLEMS:
        return None
    if (ranked.nunique(axis=1) == 1).all():
        return Friedman(1.0, math.inf, problems)  # all are tied everywhere
    p = float(stats.friedmanchisquare(*(ranked[name] for name in ranked)).pvalue)
    q = stats.studentized_range.ppf(1 - ALPHA, contenders, math.inf) / math.sqrt(2)
    return Friedman(p, float(q * math.sqrt(contenders * (contenders + 1) / (6 * problems))), problems)


def alike(mean_ranks: pd.Series, critical_difference: float) -> list[tuple[str, str]]:
    """The longest stretches of contenders, ordered by mean rank, whose ends cannot be told apart: first and last."""
    ordered = mean_ranks.sort_values(kind="stable")
    names, values = [str(name) for name in ordered.index], ordered.to_numpy()
    found: list[tuple[int, int]] = []
    for first in range(len(names)):
        last = int(np.flatnonzero(values - values[first] <= critical_difference)[-1])
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return [(names[first], names[last]) for first, last in found]


def _ratios(times: pd.DataFrame) -> pd.DataFrame:
    """Each time over the best of its problem; infinite where the target is missed, or met at once by another alone."""
    best = times.min(axis=1)
    ratio = times.div(best.where(best > 0, math.nan), axis=0)
    return ratio.where(np.isfinite(times), math.inf).fillna(math.inf).mask(times.eq(0), 1.0)
