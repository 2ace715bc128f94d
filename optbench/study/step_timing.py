"""Time one step of each rule of a study after its runs are trained."""

from collections.abc import Sequence

import pandas as pd

from optbench.problem.built import BuiltProblems
from optbench.results.store import Store
from optbench.runtime import machine
from optbench.spec.status import RunStatus
from optbench.study.jobs import StudyJob
from optbench.sweep.timing import step_times


def time_steps(jobs: Sequence[StudyJob], built_problems: BuiltProblems, store: Store) -> list[str]:
    """Measure the step times of finished runs, and write those that were unknown.

    Returns:
        a line for each program that could not be timed.
    """
    options = jobs[0].spec.study
    runs = {run.run_id: run for job in jobs for run in job.runs}
    rows = store.runs(runs)
    done = rows.loc[rows["status"] == RunStatus.DONE]
    spent = training_s(done, options.workers or machine.cores())
    finished = set(done["run_id"])
    candidates = [run for run_id, run in runs.items() if run_id in finished]
    times, refused = step_times(candidates, built_problems, options.compile, store, spent, options.force)
    store.write_timings(times)
    return refused


def training_s(runs: pd.DataFrame, workers: int) -> float:
    """The time in seconds that training took if ``workers`` shards ran at once.

    Args:
        runs: rows of ``runs``, whose ``train_s`` is that of their shard.
        workers: the number of concurrent shards.
    """
    return float((runs["train_s"] / runs["shared_by"]).sum()) / workers
