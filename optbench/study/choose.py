"""Which of a job's trials is run with all seeds."""

import pandas as pd

from optbench.analysis.trials import best_trial_index, selection_metric, trial_scores
from optbench.errors import ConfigError
from optbench.spec.decide_by import DecideBy
from optbench.spec.job import JobSpec
from optbench.spec.metrics import Declared
from optbench.spec.run import Setting
from optbench.spec.tuning import Tuning
from optbench.study.study_file import ChosenSetting, StudyJob
from optbench.study.tuning import is_number, value_at


def choose(job: StudyJob, trials: pd.DataFrame, curves: pd.DataFrame, declared: Declared) -> ChosenSetting:
    """The best of a job's trials, by what decides; the first of equals, also where all of them diverged.

    Args:
        job: the job.
        trials: rows of ``runs``, its trials among them.
        curves: theirs.
        declared: directions and ranges of metrics by name.

    Raises:
        ConfigError: the metric it is to be chosen by was not recorded.
    """
    tuning = job.spec.tuning
    assert tuning is not None  # only a job that is tuned has trials
    ids = [run.run_id for run in job.trials]
    in_order, curves = trials.set_index("run_id").loc[ids].reset_index(), curves[curves["run_id"].isin(ids)]
    decide = trial_decision(job.spec, tuning, curves)
    try:
        scores = trial_scores(in_order, curves, decide, declared)
    except ValueError as error:
        raise ConfigError(
            f"`tune.metric` must be one that this problem records: {error}. Received: tune.metric={tuning.metric}."
        ) from None
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


def trial_decision(spec: JobSpec, tuning: Tuning, curves: pd.DataFrame) -> DecideBy:
    """What a job's trials are chosen by: ``decide_by``, or else the older ``tune.metric`` and ``tune.choose``."""
    if spec.decide_by is not None:
        return spec.decide_by
    return DecideBy(selection_metric(tuning.metric, curves), best=tuning.choose == "best")


def at_the_border(job: StudyJob, tuning: Tuning, setting: Setting) -> list[str]:
    """The tuned hyperparameters whose chosen value is the smallest or largest number of those that were tried."""
    tried = {name: [value_at(run.setting, name) for run in job.trials] for name in tuning.parameters}
    numbers = {name: values for name, values in tried.items() if all(is_number(v) for v in values)}
    return [n for n, values in numbers.items() if value_at(setting, n) in (min(values), max(values))]
