"""The baseline that a study asks for, looked for before anything is trained."""

from collections.abc import Sequence

from optbench.errors import ConfigError
from optbench.spec.labels import setting_labels
from optbench.study.description import Member


def check_baseline(members: Sequence[Member]) -> None:
    """Raise unless ``report.baseline`` is an optimizer of the study or the label of a setting.

    Where settings are still to be chosen by tuning, a label can only be looked for at the end.
    """
    asked = members[0].asked.report.baseline
    optimizers = dict.fromkeys(member.asked.setting.names["optimizer"] for member in members)
    labels = setting_labels({run.setting_id: run.setting for member in members for run in member.runs})
    if asked is None or asked in optimizers or asked in labels.values() or any(member.trials for member in members):
        return
    known = ", ".join(dict.fromkeys([*optimizers, *labels.values()]))
    raise ConfigError(f"`report.baseline` must be one of {known}. Received: report.baseline={asked}.")
