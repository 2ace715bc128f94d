"""Choose which trial of a job is run with all seeds."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from optbench.analysis.metrics import cost_sign
from optbench.analysis.trials import best_trial_index, selection_metric, trial_scores
from optbench.errors import ConfigError
from optbench.problem.built import declared_ranges
from optbench.results.curve_cache import CurveCache
from optbench.spec.decide_by import DecideBy
from optbench.spec.job import JobSpec
from optbench.spec.metrics import Declared
from optbench.spec.run import Run, Setting
from optbench.spec.status import RunStatus
from optbench.spec.tuning import Tuning
from optbench.study.jobs import ChosenSetting, StudyJob, identify_runs
from optbench.study.resources import StudyResources
from optbench.study.trial_settings import is_number, value_at


def choose_settings(
    jobs: Sequence[StudyJob],
    curves: CurveCache,
    resources: StudyResources,
    racing: Collection[int] = (),
    candidates: Mapping[int, Sequence[Run]] = MappingProxyType({}),
) -> list[StudyJob]:
    """Choose a setting for each job whose trials have all ended, and identify its runs with all seeds.

    Jobs without tuning are not changed. Neither are jobs with a trial left out by a time limit, because other jobs had
    more trials.

    Args:
        jobs: the jobs.
        curves: the curves of the results folder.
        resources: the resources of the study.
        racing: the indices of jobs whose trials are still being raced.
        candidates: by the index of a job, the trials among which its setting is chosen, unless these are all.

    Raises:
        ConfigError: the metric they are to be chosen by was not recorded.
    """
    trials = curves.store.runs(run.run_id for job in jobs for run in job.trials)
    of_trials = curves.curves(trials)
    ended = set(trials.loc[trials["status"] != RunStatus.INTERRUPTED, "run_id"])
    return [
        with_choice(job, candidates.get(place, job.trials), trials, of_trials, resources)
        if job.trials and place not in racing and all(run.run_id in ended for run in job.trials)
        else job
        for place, job in enumerate(jobs)
    ]


def with_choice(
    job: StudyJob, candidates: Sequence[Run], trials: pd.DataFrame, curves: pd.DataFrame, resources: StudyResources
) -> StudyJob:
    """Return a job with the setting of the best of ``candidates``, and the runs of that setting."""
    declared = declared_ranges(resources.built_problems.get(job.spec.problem))
    chosen = choose(job, candidates, trials, curves, declared)
    return replace(job, chosen=chosen, runs=identify_runs(job.spec, chosen.setting, resources))


def trial_costs(job: StudyJob, trials: pd.DataFrame, curves: pd.DataFrame, declared: Declared) -> list[float]:
    """The cost of each trial of a job, in order, as reported to a search; infinite for a failure."""
    tuning, decide, table = scores_of(job, job.trials, trials.set_index("run_id"), curves, declared)
    scores, sign = table.set_index("setting_id")["score"], cost_sign(decide.metric, declared)
    costs = [sign * float(scores[run.setting_id]) for run in job.trials[:: tuning.seeds]]
    return [cost if math.isfinite(cost) else math.inf for cost in costs]


def choose(
    job: StudyJob, candidates: Sequence[Run], trials: pd.DataFrame, curves: pd.DataFrame, declared: Declared
) -> ChosenSetting:
    """The best trial of a job by the deciding metric. Ties go to the first, also if all diverged.

    Args:
        job: the job.
        candidates: its trials with the whole budget.
        trials: rows of ``runs`` that include its trials.
        curves: the curves of these rows.
        declared: directions and ranges of metrics by name.

    Raises:
        ConfigError: the metric it is to be chosen by was not recorded.
    """
    tuning, decide, scores = scores_of(job, candidates, trials.set_index("run_id"), curves, declared)
    best = scores.iloc[best_trial_index(scores, decide.metric, declared)]
    place = next(i for i, run in enumerate(job.trials) if run.setting_id == best["setting_id"])
    setting = job.trials[place].setting
    return ChosenSetting(
        setting=setting,
        trial=place // tuning.seeds,
        score=float(best["score"]),
        split=best["split"],
        metric=decide.metric,
        choose="best" if decide.best else "final",
        at_the_border=at_the_border(job, tuning, setting),
    )


def scores_of(
    job: StudyJob, runs: Sequence[Run], rows: pd.DataFrame, curves: pd.DataFrame, declared: Declared
) -> tuple[Tuning, DecideBy, pd.DataFrame]:
    """How a job is tuned, the metric by which its trials are chosen, and the scores of ``runs``, in order.

    Args:
        job: the job.
        runs: some of its trials.
        rows: of ``runs``, by run id.
        curves: curves that include those of these runs.
        declared: directions and ranges of metrics by name.

    Raises:
        ConfigError: the metric they are to be chosen by was not recorded.
    """
    tuning = job.spec.tuning
    assert tuning is not None  # only a tuned job has trials
    ids = [run.run_id for run in runs]
    in_order, curves = rows.loc[ids].reset_index(), curves[curves["run_id"].isin(ids)]
    decide = trial_decision(job.spec, tuning, curves)
    try:
        return tuning, decide, trial_scores(in_order, curves, decide, declared)
    except ValueError as error:
        raise ConfigError(
            f"`tune.metric` must be one that this problem records: {error}. Received: tune.metric={tuning.metric}."
        ) from None


def trial_decision(spec: JobSpec, tuning: Tuning, curves: pd.DataFrame) -> DecideBy:
    """The metric that chooses a job's trials: ``decide_by``, or the older ``tune.metric`` and ``tune.choose``."""
    if spec.decide_by is not None:
        return spec.decide_by
    return DecideBy(selection_metric(tuning.metric, curves), best=tuning.choose == "best")


def at_the_border(job: StudyJob, tuning: Tuning, setting: Setting) -> list[str]:
    """The tuned hyperparameters whose chosen value is the smallest or the largest of the tried values."""
    tried = {name: [value_at(run.setting, name) for run in job.trials] for name in tuning.parameters}
    numbers = {name: values for name, values in tried.items() if all(is_number(v) for v in values)}
    return [n for n, values in numbers.items() if value_at(setting, n) in (min(values), max(values))]
