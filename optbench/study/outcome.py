"""The outcome of a study: one number per job for Hydra's sweepers, one exit code for the shell."""

import math
from collections.abc import Sequence

import pandas as pd

from optbench.analysis.tables import selection_losses
from optbench.results.store import Store
from optbench.spec.status import SUCCESSFUL, RunStatus
from optbench.study.study_file import StudyJob


def objectives(jobs: Sequence[StudyJob], store: Store) -> list[float]:
    """For each job the mean final loss on the split that chooses; infinite unless all runs are done."""
    rows = store.runs(run.run_id for job in jobs for run in job.runs)
    losses = selection_losses(store.curves(rows, metric="loss"), by="run_id").sort_values("step", kind="stable")
    final = losses.groupby("run_id")["value"].last().to_dict()
    done = set(rows.loc[rows["status"] == RunStatus.DONE, "run_id"])
    return [mean_of([final[r.run_id] for r in m.runs if r.run_id in done], len(m.runs)) for m in jobs]


def mean_of(values: Sequence[float], wanted: int) -> float:
    """The mean of ``values``, infinite unless there are as many as wanted."""
    return sum(values) / wanted if wanted and len(values) == wanted else math.inf


def exit_code(runs: pd.DataFrame, interrupted: bool) -> int:
    """0 all runs done, diverged or pruned; 1 any failed; 130 interrupted."""
    if interrupted:
        return 130
    return 0 if runs["status"].isin(SUCCESSFUL).all() else 1
