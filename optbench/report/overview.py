"""Summarize a study: what was compared, and which runs have no result."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from optbench.config.parameters import format_value
from optbench.report.scope import ReportData
from optbench.spec.status import WITHOUT_RESULT, RunStatus
from optbench.spec.study_file import SettingEntry, StudyFile


def overview(data: ReportData) -> dict[str, Any]:
    """Return the data of the page that concern all problems of the study."""
    runs = data.runs
    everything = pd.concat([runs, data.trials])
    unfinished = everything[everything["status"].isin(WITHOUT_RESULT)]
    reasons = unfinished.groupby(["setting", "problem", "status", "status_detail"], sort=False).size()
    missing = len(data.study.runs) - len(runs) - len(data.trials)
    return {
        "optimizers": list(dict.fromkeys(runs["optimizer"])),
        "settings": settings_table(data.study.settings),
        "problems": list(dict.fromkeys(runs["problem"])),
        "seeds": sorted(set(runs["seed"])),
        "runs": len(runs),
        "diverged": int((runs["status"] == RunStatus.DIVERGED).sum()),
        "unfinished": [
            {"setting": setting, "problem": problem, "status": status, "why": why, "runs": count}
            for (setting, problem, status, why), count in reasons.items()
        ],
        "missing": missing,
        "tuning": tuning_table(data.study),
        "trials": len(data.trials),
        "skipped": data.result.skipped,
        "versions": json.loads(data.study.versions),
        "hosts": sorted(set(runs["host"])),
    }


def settings_table(settings: Sequence[SettingEntry]) -> list[dict[str, str]]:
    """Return each setting with its hyperparameters as text."""
    return [
        {"setting": e.label, "values": ", ".join(f"{name} {value}" for name, value in e.hyperparameters.items())}
        for e in settings
    ]


def tuning_table(study: StudyFile) -> list[dict[str, str]]:
    """Return for each tuned job the chosen values and how they were chosen."""
    names = {run.job: f"{run.setting} on {run.problem}" for run in study.runs if run.role == "run"}
    return [
        {
            "setting": names[number],
            "values": ", ".join(f"{name} {format_value(value)}" for name, value in chosen.hyperparameters.items()),
            "how": f"best of {tuning.trials} by {tuning.choose} {chosen.split} {tuning.metric}, {tuning.method}",
            "border": ", ".join(chosen.at_the_border),
        }
        for number, job in enumerate(study.jobs)
        if number in names and (tuning := job.tuning) is not None and (chosen := tuning.chosen) is not None
    ]
