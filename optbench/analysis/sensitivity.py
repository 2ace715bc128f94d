"""How much a learning rate matters, and what tuning may be expected to find."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln

from optbench.analysis.metrics import Numbers, lower_is_better, sign
from optbench.analysis.statistics import quartiles

RATE = "hp.learning_rate"
LEAST_RATES = 3
WITHIN_POINTS, WITHIN_SHARE = 0.01, 0.05  # of accuracy, of a loss: as good as the best
PLACE = ["optimizer", "learning_rate"]
TRIED = ["optimizer", "trials", "expected", "low", "high"]


def by_rate(final: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The final value against the learning rate.

    Args:
        final: of one problem, metric and split, ``run_id, setting, optimizer, metric, value, diverged``.
        runs: ``run_id, hp.learning_rate``.

    Returns:
        ``optimizer, learning_rate, runs, diverged, median, q25, q75``, in order of the rate; diverged runs count as the
        worst value. Where an optimizer has several settings at one rate, which differ in something else, the one with
        the best median stands for them. Optimizers with fewer than 3 learning rates are left out.
    """
    rates = pd.to_numeric(runs.set_index("run_id")[RATE], errors="coerce")
    table = final.assign(learning_rate=final["run_id"].map(rates)).dropna(subset="learning_rate")
    enough = table.groupby("optimizer")["learning_rate"].transform("nunique") >= LEAST_RATES
    rows = [
        (optimizer, rate, len(group), int(group["diverged"].sum()), *quartiles(group["value"]))
        for (optimizer, rate, _), group in table[enough].groupby([*PLACE, "setting"], sort=False)
    ]
    settings = pd.DataFrame(rows, columns=[*PLACE, "runs", "diverged", "median", "q25", "q75"])
    cost = settings["median"] * final["metric"].map(sign).iloc[0] if len(settings) else settings["median"]
    best = settings.assign(cost=cost).sort_values([*PLACE, "cost"], kind="stable").drop_duplicates(PLACE)
    return best.drop(columns="cost").reset_index(drop=True)


def near_best(rated: pd.DataFrame, metric: str) -> pd.Series:
    """The share of rates as good as the optimizer's best: within 1 percentage point of accuracy, or 5 % of a loss.

    Args:
        rated: from :func:`by_rate`.
        metric: what was measured; losses are compared by size, so that 5 % of a negative one is a margin too.

    Returns:
        by optimizer, in [0, 1].
    """
    return rated.groupby("optimizer", sort=False)["median"].apply(lambda values: _share_near(values, metric))


def at_border(rated: pd.DataFrame, metric: str) -> list[str]:
    """The optimizers whose best learning rate is the smallest or the largest that was tried."""
    found = []
    for optimizer, group in rated.groupby("optimizer", sort=False):
        best = group["median"].idxmin() if lower_is_better(metric) else group["median"].idxmax()
        if best in (group.index[0], group.index[-1]) and np.isfinite(group["median"]).any():
            found.append(str(optimizer))
    return found


def expected_best(scores: Sequence[float], lower: bool = True) -> pd.DataFrame:
    """The best score to be expected of k trials, for k = 1 .. n, from the n that there are.

    Exact, over all ways to draw k of the n without replacement: the i-th best of n is the best of k with probability
    C(n - i, k - 1) / C(n, k).

    Args:
        scores: (n,), infinite where a trial diverged.
        lower: whether lower is better.

    Returns:
        ``trials, expected, low, high``; low and high are the 10 and 90 % quantiles. Infinite where a draw may well hold
        nothing but diverged trials.

    Source: Dodge et al., "Show Your Work: Improved Reporting of Experimental Results", 2019, who draw with replacement.
    """
    ordered = np.sort(np.asarray(scores, float) * (1 if lower else -1))
    n, rows = len(ordered), []
    for k in range(1, n + 1):
        chance = _chances(n, k)
        reached = np.cumsum(chance)
        low, high = (float(ordered[min(int(np.searchsorted(reached, q - 1e-12)), n - 1)]) for q in (0.1, 0.9))
        counted = chance > 1e-12
        rows.append((k, float(ordered[counted] @ chance[counted]), low, high))
    table = pd.DataFrame(rows, columns=["trials", "expected", "low", "high"])
    if not lower:
        table[["expected", "low", "high"]] = -table[["expected", "high", "low"]].to_numpy()
    return table


def budgets(jobs: pd.DataFrame) -> pd.Series:
    """How many settings each optimizer was given on a problem: ``problem, optimizer`` to a count.

    Args:
        jobs: of runs and trials, ``problem, optimizer, setting_id``.
    """
    return jobs.groupby(["problem", "optimizer"], sort=False)["setting_id"].nunique()


def _share_near(values: pd.Series, metric: str) -> float:
    if lower_is_better(metric):
        best = values.min()
        return float((values <= best + WITHIN_SHARE * abs(best)).mean()) if np.isfinite(best) else 0.0
    return float((values >= values.max() - WITHIN_POINTS).mean())


def _chances(n: int, k: int) -> Numbers:
    """The probability of the i-th best of n to be the best of k, for i = 1 .. n; 0 where fewer than k - 1 are worse."""
    worse = n - np.arange(1, n + 1)
    possible = worse >= k - 1
    logs = _log_choose(np.where(possible, worse, k - 1), k - 1) - _log_choose(np.array(n), k)
    return np.where(possible, np.exp(logs), 0.0)


def _log_choose(n: NDArray[np.int64], k: int) -> Numbers:
    """The logarithm of the number of ways to choose k of n, as a factorial would overflow."""
    logs: Numbers = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return logs
