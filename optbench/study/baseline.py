"""Check the requested baseline of a study before training."""

from collections.abc import Sequence

from optbench.errors import ConfigError
from optbench.spec.labels import setting_labels
from optbench.study.jobs import StudyJob


def check_baseline(jobs: Sequence[StudyJob]) -> None:
    """Raise unless ``report.baseline`` is an optimizer of the study or the label of a setting.

    If tuning has yet to choose settings, labels are known only at the end. A label must then start with the name of an
    optimizer.
    """
    baseline = jobs[0].spec.report.baseline
    optimizers = dict.fromkeys(job.spec.setting.names["optimizer"] for job in jobs)
    labels = setting_labels({run.setting_id: run.setting for job in jobs for run in job.runs})
    if baseline is None or baseline in optimizers or baseline in labels.values():
        return
    if any(job.trials for job in jobs) and baseline.startswith(tuple(optimizers)):
        return
    known = ", ".join(dict.fromkeys([*optimizers, *labels.values()]))
    raise ConfigError(f"`report.baseline` must be one of {known}. Received: report.baseline={baseline}.")
