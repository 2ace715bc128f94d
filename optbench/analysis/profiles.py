"""Compare contenders over several problems: ranks and performance profiles.

costs by problem ──> ranks
times by problem ──> performance_profile, profile_scores
"""

import math

import numpy as np
import pandas as pd

MAX_RATIO = 4.0  # the largest performance ratio of a profile


def ranks(costs: pd.DataFrame) -> pd.DataFrame:
    """Rank the contenders on each problem. Rank 1 is the best, ties have their mean rank.

    Args:
        costs: one row per problem, one column per contender. Lower is better, infinity is the worst. NaN marks a
            missing contender.

    Returns:
        A table of the same columns, without the problems on which a contender is missing.
    """
    return costs.dropna().rank(axis=1, method="average")


def performance_profile(times: pd.DataFrame) -> pd.DataFrame:
    """Compute the performance profile of each contender.

    The profile is the share of problems that a contender solves within tau times the best time, as a function of tau.
    A profile depends on the set of contenders, because a new contender may change the best time.

    Args:
        times: one row per problem, one column per contender: the median over seeds of the time to the target. Infinite
            if the target is missed. A problem that no contender solves counts as unsolved by all.

    Returns:
        ``contender, tau, share`` at tau = 1, at tau = 4 and at each ratio between them at which a share changes.

    Source: Dolan and Moré, "Benchmarking Optimization Software with Performance Profiles", 2002.
    """
    ratio = _performance_ratios(times)
    finite = ratio.to_numpy()[np.isfinite(ratio.to_numpy())]
    taus = np.unique([1.0, *finite[finite <= MAX_RATIO], MAX_RATIO])
    parts = [
        pd.DataFrame({"contender": name, "tau": taus, "share": [(ratio[name] <= tau).mean() for tau in taus]})
        for name in ratio
    ]
    return pd.concat(parts, ignore_index=True)


def profile_scores(times: pd.DataFrame) -> pd.Series:
    """Return the area under each profile from tau = 1 to 4, divided by 3.

    Args:
        times: as in :func:`performance_profile`.

    Returns:
        A score per contender, in [0, 1]. It is 1 for a contender that is the fastest on all problems.

    Source: Dahl et al., "Benchmarking Neural Network Training Algorithms" (AlgoPerf), 2023, section 4.5.
    """
    solved = ((MAX_RATIO - _performance_ratios(times)) / (MAX_RATIO - 1)).clip(lower=0)
    return solved.mean()


def _performance_ratios(times: pd.DataFrame) -> pd.DataFrame:
    """Divide each time by the best time of its problem.

    The ratio is infinite if the target is missed, or if the best time is 0 and the time is not.
    """
    best = times.min(axis=1)
    ratio = times.div(best.where(best > 0, math.nan), axis=0)
    return ratio.where(np.isfinite(times), math.inf).fillna(math.inf).mask(times.eq(0), 1.0)
