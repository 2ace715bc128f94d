"""Time to target: the steps, epochs and seconds that runs take to a value worth reaching.

    matrices, targets ──> times_to_target ──> reaching

A run that misses its target or diverges, also after it was there, takes infinitely long. It is never dropped.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import Numbers, steps_to
from optbench.analysis.statistics import quartiles_of_rows, wilson_intervals
from optbench.analysis.values import RUN, SETTING, of_groups, stacked
from optbench.spec.targets import Target

UNITS = ("steps", "epochs", "seconds")
PER_STEP = ["epochs_per_step", "seconds_per_step"]
TARGET = ["split", "metric", "target"]
TIMES = [*RUN, *TARGET, "reached", *UNITS, *(f"spent_{unit}" for unit in UNITS)]


def times_to_target(
    matrices: Iterable[Matrix], targets: Mapping[str, Target], step_times: pd.DataFrame
) -> pd.DataFrame:
    """What each run took to the first evaluation point at which it is as good as its problem's target, or better.

    Args:
        matrices: their runs have ``run_id, problem, setting, optimizer, seed, status, steps, diverged_at_step``.
        targets: by problem; a problem without one is left out.
        step_times: from :func:`optbench.analysis.tables.step_times`.

    Returns:
        ``run_id, problem, setting, optimizer, seed, split, metric, target, reached, steps, epochs, seconds,
        spent_steps, spent_epochs, spent_seconds``. Seconds are steps times the solo step time of the setting, NaN where
        that is not known (but infinite where the target was missed). What is spent goes up to the target, or to the end
        of the run.
    """
    parts = [
        _steps(matrix, targets[matrix.problem])
        for matrix in matrices
        if matrix.problem in targets and targets[matrix.problem][:2] == (matrix.metric, matrix.split)
    ]
    table = stacked(parts, [*RUN, *TARGET, "reached", "steps", "spent_steps", "epochs_per_step"])
    known = step_times[["problem", "setting", "step_s"]].rename(columns={"step_s": "seconds_per_step"})
    table = table.merge(known, on=["problem", "setting"], how="left")
    for unit, factor in zip(UNITS[1:], PER_STEP, strict=True):
        table[unit] = (table["steps"] * table[factor]).where(table["reached"].astype(bool), math.inf)
        table[f"spent_{unit}"] = table["spent_steps"] * table[factor]
    return table[TIMES]


def reaching(times: pd.DataFrame) -> pd.DataFrame:
    """Over seeds, how surely and how fast each setting reaches its target.

    Args:
        times: from :func:`times_to_target`.

    Returns:
        ``problem, setting, optimizer, split, metric, target, runs, successes, rate, rate_low, rate_high``, and for each
        unit of ``steps, epochs, seconds`` the columns ``<unit>, <unit>_q25, <unit>_q75, ert_<unit>``. The rate, in
        [0, 1], has Wilson's interval; a unit is the median over seeds with its quartiles, infinite where most runs
        missed; the expected running time (ERT) is what all runs spent, those that missed too, divided by the successes.

    Source: Auger and Hansen, "Performance Evaluation of an Advanced Local Search Evolutionary Algorithm", 2005 (ERT).
    """
    keys = [*SETTING, *TARGET]
    number = times.groupby(keys, sort=False).ngroup().to_numpy()
    table = times[keys].drop_duplicates().reset_index(drop=True)
    runs, successes = np.bincount(number), np.bincount(number, times["reached"].astype(float))
    table = table.assign(runs=runs, successes=successes.astype(int))
    table[["rate", "rate_low", "rate_high"]] = wilson_intervals(successes, runs)
    for unit in UNITS:
        names = [unit, f"{unit}_q25", f"{unit}_q75"]
        table[names] = of_groups(times[unit].to_numpy(float), number, quartiles_of_rows)
        spent = np.bincount(number, times[f"spent_{unit}"].astype(float))
        table[f"ert_{unit}"] = expected_running_time(spent, successes)
    return table


def expected_running_time(spent: NDArray[Any], successes: NDArray[Any]) -> Numbers:
    """What all runs of a setting spent divided by how many reached the target; infinite if none did."""
    ratio: Numbers = np.divide(spent, successes, out=np.full(len(spent), math.inf), where=successes > 0)
    return ratio


def _steps(matrix: Matrix, target: Target) -> pd.DataFrame:
    """The steps to the target of the runs of one problem."""
    runs, diverged = matrix.runs, (matrix.runs["status"] == "diverged").to_numpy()
    first = steps_to(matrix.numbers, matrix.steps, matrix.metric, target.value)
    steps = np.where(diverged, math.inf, first)
    made = np.where(diverged, runs["diverged_at_step"], runs["steps"]).astype(float)
    last = matrix.steps[-1]
    return runs[RUN].assign(
        split=matrix.split,
        metric=matrix.metric,
        target=target.value,
        reached=np.isfinite(steps),
        steps=steps,
        spent_steps=np.where(np.isfinite(steps), steps, made),
        epochs_per_step=matrix.epochs[-1] / last if last else math.nan,
    )
