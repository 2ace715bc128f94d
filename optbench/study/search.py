"""Adaptive search: the next trials of a job, given the results of earlier ones."""

from dataclasses import replace

from optbench.problem.built import declared_ranges
from optbench.results.curve_cache import CurveCache
from optbench.spec.status import RunStatus
from optbench.study.choose import trial_costs
from optbench.study.jobs import StudyJob, identify_runs
from optbench.study.resources import StudyResources
from optbench.study.trial_settings import next_trials


def ask_trials(job: StudyJob, curves: CurveCache, resources: StudyResources) -> StudyJob | None:
    """Return a job with its next trials; None if an earlier trial did not end because of a time limit."""
    tuning = job.spec.tuning
    assert tuning is not None  # only tuned jobs search
    rows = curves.store.runs(run.run_id for run in job.trials)
    if not {run.run_id for run in job.trials} <= set(rows.loc[rows["status"] != RunStatus.INTERRUPTED, "run_id"]):
        return None
    declared = declared_ranges(resources.built_problems.get(job.spec.problem))
    costs = trial_costs(job, rows, curves.curves(rows), declared)
    settings = next_trials(tuning, job.spec.problem, job.spec.setting, costs)
    spec = replace(job.spec, trials=[*job.spec.trials, *settings])
    new = [run for setting in settings for run in identify_runs(spec, setting, resources, tuning.trial_seeds)]
    return replace(job, spec=spec, trials=[*job.trials, *new])
