"""How much the search for hyperparameters varies: a bootstrap over the trials that exist, then over seeds.

    TrialSearch of each optimizer ──> expected_best_intervals      of the best of k trials
                             └─> repeat_procedure ──> shares_best

A bootstrap sample cannot contain better settings than those that were tried, so this underestimates the variation.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from optbench.analysis.metrics import Numbers
from optbench.analysis.statistics import LEVEL

DRAWS = 1000  # bootstrap samples


class TrialSearch(NamedTuple):
    """The trials of one optimizer on one split of the data, and the runs of the setting that was chosen, as costs."""

    trials: Sequence[Numbers]  # the costs of the runs of each trial, infinite for diverged runs
    finals: Numbers  # (runs,), the costs of the runs of the chosen setting

    @property
    def scores(self) -> Numbers:
        """The score of each trial, (n,): the median of its runs."""
        return np.array([np.median(trial) for trial in self.trials])


def draw_trials(
    trials: Sequence[Numbers], generator: np.random.Generator, draws: int = DRAWS
) -> tuple[Numbers, NDArray[np.intp]]:
    """Draw as many trials as there are, with replacement, and the runs of each drawn trial, with replacement.

    Args:
        trials: the costs of the runs of each of n trials. If their numbers differ, runs are not drawn.
        generator: the random generator.
        draws: the number of samples.

    Returns:
        The scores of the drawn trials, (draws, n), and their numbers, (draws, n).
    """
    count, runs = len(trials), {len(trial) for trial in trials}
    drawn: NDArray[np.intp] = generator.integers(count, size=(draws, count))
    if len(runs) > 1:
        return np.array([np.median(trial) for trial in trials])[drawn], drawn
    seeds = generator.integers(next(iter(runs)), size=(draws, count, next(iter(runs))))
    return np.median(np.array(trials)[drawn[:, :, None], seeds], axis=2), drawn


def expected_bests(scores: Numbers) -> Numbers:
    """Return the expected best of k of n scores, for k = 1 .. n, over all ways to draw k without replacement.

    The i-th best of n is the best of k with probability C(n - i, k - 1) / C(n, k).

    Args:
        scores: (..., n), costs, infinite for diverged trials.

    Returns:
        (..., n), infinite if a draw can consist of diverged trials only.
    """
    ordered = np.sort(scores, axis=-1)
    count = ordered.shape[-1]
    weights = np.stack([_best_of_draw_probabilities(count, k) for k in range(1, count + 1)])
    diverged = np.isinf(ordered)
    expected: Numbers = np.where(diverged, 0.0, ordered) @ weights.T
    expected[diverged.astype(float) @ weights.T > 1e-12] = math.inf
    return expected


def expected_best_intervals(
    searches: Sequence[TrialSearch], generator: np.random.Generator, level: float = LEVEL, draws: int = DRAWS
) -> pd.DataFrame:
    """Return the expected best of k trials with a percentile interval of a bootstrap over the trials.

    Args:
        searches: one for each split of the data; their expectations are averaged.
        generator: the random generator.
        level: the nominal coverage, in (0, 1).
        draws: the number of bootstrap samples.

    Returns:
        ``trials, expected, low, high``, costs, one row for each number of trials up to that of the smallest search.

    Source: Dodge et al., "Show Your Work: Improved Reporting of Experimental Results", 2019, for the expectation, which
    they draw with replacement; Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    most = min(len(search.trials) for search in searches)
    expected = np.mean([expected_bests(search.scores)[:most] for search in searches], axis=0)
    samples = [expected_bests(draw_trials(search.trials, generator, draws)[0])[:, :most] for search in searches]
    low, high = quantiles(np.mean(samples, axis=0), level)
    return pd.DataFrame({"trials": np.arange(1, most + 1), "expected": expected, "low": low, "high": high})


def repeat_procedure(searches: Sequence[TrialSearch], generator: np.random.Generator, draws: int = DRAWS) -> Numbers:
    """Return the results of repeating the whole procedure: the search, and the runs with the setting that it chooses.

    A repeat draws trials and their runs, chooses the best of them, and draws runs of the chosen setting. If it chooses
    another trial than the study did, its result is worse by the difference of the scores of the two trials.

    Args:
        searches: one for each split of the data.
        generator: the random generator. Optimizers with equal generators share the drawn trials and seeds.
        draws: the number of repeats.

    Returns:
        (draws,), medians over the drawn runs of all splits, as costs.

    Source: the repeated tuning studies of Dahl et al., "Benchmarking Neural Network Training Algorithms" (AlgoPerf),
    2023, which train new trials; here they are drawn from those that exist.
    """
    results = []
    for search in searches:
        scores, drawn = draw_trials(search.trials, generator, draws)
        chosen = np.take_along_axis(drawn, scores.argmin(axis=1)[:, None], axis=1)
        worse = search.scores[chosen] - search.scores.min() if np.isfinite(search.scores.min()) else 0.0
        runs = generator.integers(len(search.finals), size=(draws, len(search.finals)))
        results.append(search.finals[runs] + worse)
    medians: Numbers = np.median(np.concatenate(results, axis=1), axis=1)
    return medians


def quantiles(samples: Numbers, level: float = LEVEL) -> tuple[Numbers, Numbers]:
    """Return the ends of the interval of the middle samples, along the first axis, without interpolation.

    Args:
        samples: (draws, ...), may be infinite.
        level: the share of samples in the interval.
    """
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf")
    return low, high


def shares_best(results: Mapping[str, Numbers]) -> dict[str, float]:
    """Return the share of repeats in which each optimizer has the best result. Equal results share it.

    Args:
        results: of each optimizer, (draws,), from :func:`repeat_procedure`.
    """
    table = np.stack(list(results.values()))
    best = table == table.min(axis=0)
    shares = (best / best.sum(axis=0)).mean(axis=1)
    return dict(zip(results, shares.tolist(), strict=True))


def _best_of_draw_probabilities(n: int, k: int) -> Numbers:
    """Return the probability that the i-th best of n is the best of k drawn ones, (n,), for i = 1 .. n."""
    worse = n - np.arange(1, n + 1)
    possible = worse >= k - 1
    logs = _log_choose(np.where(possible, worse, k - 1), k - 1) - _log_choose(np.array(n), k)
    return np.where(possible, np.exp(logs), 0.0)


def _log_choose(n: NDArray[np.int64], k: int) -> Numbers:
    """Return the logarithm of the binomial coefficient C(n, k). A factorial would overflow."""
    logs: Numbers = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return logs
