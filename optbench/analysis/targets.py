"""Time to target: the steps, epochs and seconds that runs take to reach a target value.

    matrices, targets ──> times_to_target ──> summarize_times
                      └─> steps_to_every_target ──> share_reached

The time of a run that misses its target is infinite, as is that of a run that diverges, even after it has reached the
target. Such runs are never dropped.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import Numbers, steps_to_target
from optbench.analysis.statistics import quartiles_of_rows, wilson_intervals
from optbench.analysis.values import RUN, SETTING, apply_by_group, concat_tables, run_columns
from optbench.spec.status import RunStatus
from optbench.spec.targets import Target

UNITS = ("steps", "epochs", "seconds")
PER_STEP_COLUMNS = ["epochs_per_step", "seconds_per_step"]
TARGET_COLUMNS = ["split", "metric", "target"]
TIME_COLUMNS = [*RUN, *TARGET_COLUMNS, "reached", *UNITS, *(f"spent_{unit}" for unit in UNITS)]


def times_to_target(
    matrices: Iterable[Matrix], targets: Mapping[str, Target], step_times: pd.DataFrame
) -> pd.DataFrame:
    """Return the time that each run takes to its first evaluation point that is at least as good as the target.

    Args:
        matrices: the curves. Their runs have the columns ``run_id, problem, setting, optimizer, seed, status, steps,
            diverged_at_step``.
        targets: the target of each problem. Problems without a target are left out.
        step_times: from :func:`optbench.analysis.tables.step_times`.

    Returns:
        ``run_id, problem, setting, optimizer, seed, split, metric, target, reached, steps, epochs, seconds,
        spent_steps, spent_epochs, spent_seconds``. ``seconds`` is the number of steps times the solo step time of the
        setting. It is infinite if the target was missed, otherwise NaN if the step time is not known. The ``spent``
        columns count up to the target, or to the end of the run if it was missed.
    """
    parts = [
        _matrix_steps_to_target(matrix, targets[matrix.problem])
        for matrix in matrices
        if matrix.problem in targets and targets[matrix.problem][:2] == (matrix.metric, matrix.split)
    ]
    table = concat_tables(parts, [*RUN, *TARGET_COLUMNS, "reached", "steps", "spent_steps", "epochs_per_step"])
    per_step = step_times[["problem", "setting", "step_s"]].rename(columns={"step_s": "seconds_per_step"})
    table = table.merge(per_step, on=["problem", "setting"], how="left")
    for unit, factor in zip(UNITS[1:], PER_STEP_COLUMNS, strict=True):
        table[unit] = (table["steps"] * table[factor]).where(table["reached"].astype(bool), math.inf)
        table[f"spent_{unit}"] = table["spent_steps"] * table[factor]
    return table[TIME_COLUMNS]


def steps_to_every_target(matrices: Sequence[Matrix], targets: Mapping[str, Target]) -> pd.DataFrame:
    """Return the steps that each run takes to each value of the target of its problem.

    Args:
        matrices: the curves, as in :func:`times_to_target`.
        targets: the target of each problem with all its values.

    Returns:
        ``problem, setting, optimizer, seed, split, metric, target, steps, budget``, one row per run and value.
        ``steps`` is infinite if the target was missed or the run diverged. ``budget`` is the number of steps of a run.
    """
    parts = [
        _matrix_steps_to_target(matrix, target._replace(value=value)).assign(budget=int(matrix.steps[-1]))
        for matrix in matrices
        if matrix.problem in targets
        for target in [targets[matrix.problem]]
        if (target.metric, target.split) == (matrix.metric, matrix.split)
        for value in target.every
    ]
    columns = [*SETTING, "seed", *TARGET_COLUMNS, "steps", "budget"]
    return concat_tables(parts, run_columns(columns, parts))


def share_reached(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the share of targets that each contender has reached, as a function of the steps.

    Each pair of run and target counts once, so the share is the empirical distribution function of the steps to target.

    Args:
        steps: from :func:`steps_to_every_target`, with a column ``contender``.

    Returns:
        ``contender, step, share``, at step 0, at each step at which the share changes, and at the end of the longest
        run.

    Source: Hansen, Auger, Brockhoff and Tušar, "Anytime Performance Assessment in Blackbox Optimization Benchmarking",
    2022 (runtime distributions over several targets, as the platform COCO shows them).
    """
    parts = []
    for name, of_contender in steps.groupby("contender", sort=False):
        reached = np.sort(of_contender["steps"].to_numpy(float))
        at, counts = np.unique(reached[np.isfinite(reached)], return_counts=True)
        ends = np.unique([0.0, *at, float(steps["budget"].max())])
        shares = np.concatenate([[0], np.cumsum(counts)])[np.searchsorted(at, ends, side="right")] / len(reached)
        parts.append(pd.DataFrame({"contender": name, "step": ends.astype(int), "share": shares}))
    return concat_tables(parts, ["contender", "step", "share"])


def summarize_times(times: pd.DataFrame) -> pd.DataFrame:
    """Return the success rate and the time to target of each setting over its seeds.

    Args:
        times: from :func:`times_to_target`.

    Returns:
        ``problem, setting, optimizer, split, metric, target, runs, successes, rate, rate_low, rate_high``, and for each
        unit of ``steps, epochs, seconds`` the columns ``<unit>, <unit>_q25, <unit>_q75, ert_<unit>``. ``rate`` is the
        success rate in [0, 1], with Wilson's interval. ``<unit>`` is the median over seeds with its quartiles, infinite
        if most runs missed the target. ``ert_<unit>`` is the expected running time: the total that all runs spent,
        divided by the number of successes.

    Source: Auger and Hansen, "Performance Evaluation of an Advanced Local Search Evolutionary Algorithm", 2005 (ERT).
    """
    keys = [*SETTING, *TARGET_COLUMNS]
    number = times.groupby(keys, sort=False).ngroup().to_numpy()
    table = times[keys].drop_duplicates().reset_index(drop=True)
    runs, successes = np.bincount(number), np.bincount(number, times["reached"].astype(float))
    table = table.assign(runs=runs, successes=successes.astype(int))
    table[["rate", "rate_low", "rate_high"]] = wilson_intervals(successes, runs)
    for unit in UNITS:
        names = [unit, f"{unit}_q25", f"{unit}_q75"]
        table[names] = apply_by_group(times[unit].to_numpy(float), number, quartiles_of_rows)
        spent = np.bincount(number, times[f"spent_{unit}"].astype(float))
        table[f"ert_{unit}"] = expected_running_time(spent, successes)
    return table


def expected_running_time(spent: NDArray[Any], successes: NDArray[Any]) -> Numbers:
    """Return the total time of all runs divided by the number of successful runs.

    Args:
        spent: (m,), the total time of the runs of each setting.
        successes: (m,), the number of runs of each setting that reached the target.

    Returns:
        (m,), infinite if no run reached the target.
    """
    ratio: Numbers = np.divide(spent, successes, out=np.full(len(spent), math.inf), where=successes > 0)
    return ratio


def _matrix_steps_to_target(matrix: Matrix, target: Target) -> pd.DataFrame:
    """Return the steps to the target of each run of one problem."""
    runs, diverged = matrix.runs, (matrix.runs["status"] == RunStatus.DIVERGED).to_numpy()
    first = steps_to_target(matrix.numbers, matrix.steps, matrix.metric, target.value, matrix.declared)
    steps = np.where(diverged, math.inf, first)
    made = np.where(diverged, runs["diverged_at_step"], runs["steps"]).astype(float)
    last = matrix.steps[-1]
    return runs[run_columns(RUN, [runs])].assign(
        split=matrix.split,
        metric=matrix.metric,
        target=target.value,
        reached=np.isfinite(steps),
        steps=steps,
        spent_steps=np.where(np.isfinite(steps), steps, made),
        epochs_per_step=matrix.epochs[-1] / last if last else math.nan,
    )
