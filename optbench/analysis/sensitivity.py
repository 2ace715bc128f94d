"""Measure the sensitivity to the learning rate, and count what was tuned."""

from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis.metrics import cost_sign, lower_is_better
from optbench.analysis.statistics import quartiles
from optbench.spec.metrics import NOTHING_DECLARED, Declared

LEARNING_RATE = "hp.learning_rate"
MIN_RATES = 3
KEYS = ["optimizer", "learning_rate"]


def values_by_learning_rate(
    final: pd.DataFrame, runs: pd.DataFrame, declared: Declared = NOTHING_DECLARED
) -> pd.DataFrame:
    """Return the final values of each optimizer by learning rate.

    If an optimizer has several settings with the same learning rate, the one with the best median represents them.
    Optimizers with fewer than 3 learning rates are left out.

    Args:
        final: final values of one problem, metric and split, with the columns ``run_id, setting, optimizer, metric,
            value, diverged``.
        runs: a table with the columns ``run_id, hp.learning_rate``.
        declared: directions and ranges of metrics by name.

    Returns:
        ``optimizer, learning_rate, runs, diverged, median, q25, q75``, sorted by learning rate. ``runs`` and
        ``diverged`` are counts. Diverged runs have the worst possible value.
    """
    rates = pd.to_numeric(runs.set_index("run_id")[LEARNING_RATE], errors="coerce")
    table = final.assign(learning_rate=final["run_id"].map(rates)).dropna(subset="learning_rate")
    enough = table.groupby("optimizer")["learning_rate"].transform("nunique") >= MIN_RATES
    rows = [
        (optimizer, rate, len(group), int(group["diverged"].sum()), *quartiles(group["value"]))
        for (optimizer, rate, _), group in table[enough].groupby([*KEYS, "setting"], sort=False)
    ]
    settings = pd.DataFrame(rows, columns=[*KEYS, "runs", "diverged", "median", "q25", "q75"])
    sign = cost_sign(str(final["metric"].iloc[0]), declared) if len(settings) else 1.0
    cost = settings["median"] * sign
    best = settings.assign(cost=cost).sort_values([*KEYS, "cost"], kind="stable").drop_duplicates(KEYS)
    return best.drop(columns="cost").reset_index(drop=True)


def optimizers_at_border(by_rate: pd.DataFrame, metric: str, declared: Declared = NOTHING_DECLARED) -> list[str]:
    """Return the optimizers whose best learning rate is the smallest or the largest of their learning rates.

    Args:
        by_rate: from :func:`values_by_learning_rate`.
        metric: the name of the metric.
        declared: directions and ranges of metrics by name.
    """
    found = []
    for optimizer, group in by_rate.groupby("optimizer", sort=False):
        best = best_index(group["median"], lower_is_better(metric, declared))
        if best in (group.index[0], group.index[-1]) and np.isfinite(group["median"]).any():
            found.append(str(optimizer))
    return found


def best_index(values: pd.Series, lower: bool) -> Any:
    """Return the label of the best value, the first of equals."""
    return values.idxmin() if lower else values.idxmax()


def tuning_budgets(jobs: pd.DataFrame) -> pd.Series:
    """Count the settings that each optimizer was given on each problem.

    Args:
        jobs: runs and trials, with the columns ``problem, optimizer, setting_id``.

    Returns:
        A count for each pair of problem and optimizer.
    """
    return jobs.groupby(["problem", "optimizer"], sort=False)["setting_id"].nunique()
