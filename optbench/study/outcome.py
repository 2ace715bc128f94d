"""The outcome of a study: one number per job for Hydra's sweepers, and one exit code for the shell."""

import math
from collections.abc import Sequence

import pandas as pd

from optbench.analysis.metrics import cost_sign, lower_is_better
from optbench.analysis.tables import deciding_rows
from optbench.results.curve_cache import CurveCache
from optbench.spec.decide_by import DecideBy
from optbench.spec.metrics import Declared
from optbench.spec.status import SUCCESSFUL, RunStatus
from optbench.study.jobs import StudyJob

OUT_OF_TIME = 124  # as for the command timeout


def objectives(jobs: Sequence[StudyJob], curves: CurveCache, decide: DecideBy, declared: Declared) -> list[float]:
    """For each job, the mean of the deciding metric over its seeds, in its own unit.

    By default, this is the final loss on the selection split. If any run is not done, it is infinite, with the sign
    that makes it the worst possible value.

    Args:
        jobs: the jobs.
        curves: the curves of their runs.
        decide: the metric by which settings are compared.
        declared: directions and ranges of metrics by name.
    """
    rows = curves.store.runs(run.run_id for job in jobs for run in job.runs)
    deciding = deciding_rows(curves.curves(rows, metric=decide.metric), "run_id", decide)
    values = deciding.sort_values("step", kind="stable").groupby("run_id")["value"]
    best = "min" if lower_is_better(decide.metric, declared) else "max"
    found = values.agg(best if decide.best else "last").to_dict()
    done = set(rows.loc[rows["status"] == RunStatus.DONE, "run_id"]) & found.keys()
    worst = cost_sign(decide.metric, declared) * math.inf
    return [mean_of([found[r.run_id] for r in job.runs if r.run_id in done], len(job.runs), worst) for job in jobs]


def mean_of(values: Sequence[float], wanted: int, otherwise: float) -> float:
    """The mean of ``values``; ``otherwise`` unless there are ``wanted`` values."""
    return sum(values) / wanted if wanted and len(values) == wanted else otherwise


def exit_code(statuses: pd.Series, interrupted: bool, out_of_time: bool = False) -> int:
    """The exit code: 0 if all runs are done, diverged or pruned; 1 any failed; 124 time limit; 130 interrupted."""
    if interrupted:
        return 130
    if out_of_time and not (statuses == RunStatus.FAILED).any():
        return OUT_OF_TIME
    return 0 if statuses.isin(SUCCESSFUL).all() else 1
