"""Summarize a study: what was compared, and which runs have no result."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from optbench.analysis.formatting import join_names, pluralize
from optbench.config.parameters import format_value
from optbench.report.scope import ReportData
from optbench.spec.status import WITHOUT_RESULT, RunStatus
from optbench.spec.study_file import SettingEntry, StudyFile, TuningEntry

MOST_NAMES = 6  # in the title of a page


def overview(data: ReportData) -> dict[str, Any]:
    """Return the data of the page that concern all problems of the study."""
    runs = data.runs
    everything = pd.concat([runs, data.trials])
    unfinished = everything[everything["status"].isin(WITHOUT_RESULT)]
    reasons = unfinished.groupby(["setting", "problem", "status", "status_detail"], sort=False).size()
    missing = len(data.study.runs) - len(runs) - len(data.trials)
    return {
        "title": f"{count_names(runs['optimizer'], 'optimizers')} on {count_names(runs['problem'], 'problems')}",
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
        "tuned": describe_trials(data),
        "skipped": data.result.skipped,
        "versions": json.loads(data.study.versions),
        "hosts": sorted(set(runs["host"])),
    }


def count_names(names: pd.Series, noun: str) -> str:
    """Return the different names, or their number if they are more than six."""
    known = list(dict.fromkeys(names))
    return ", ".join(map(str, known)) if len(known) <= MOST_NAMES else f"{len(known)} {noun}"


def describe_trials(data: ReportData) -> str:
    """Return a sentence on the runs that tuning made before the compared ones, or an empty text."""
    trials = data.trials
    tunings = [job.tuning for job in data.study.jobs if job.tuning is not None]
    if trials.empty or not tunings:
        return ""
    optimizers = pluralize(trials["optimizer"].nunique(), "optimizer")
    each = trials.groupby(["problem", "optimizer"])
    settings, seeds = int(each["setting"].nunique().max()), int(trials.groupby("setting_id")["seed"].nunique().max())
    names = join_names(dict.fromkeys(name for tuning in tunings for name in tuning.parameters))
    size = f"{optimizers}, {pluralize(settings, 'trial')} each, {pluralize(seeds, 'seed')} per trial"
    made = f"The {names} of each optimizer was chosen before in {pluralize(len(trials), 'other run')} ({size})."
    return f"{made} {describe_racing(tunings)}".rstrip()


def describe_racing(tunings: Sequence[TuningEntry]) -> str:
    """Return what pruning the trials saved and what it risks; empty if every trial had its whole budget."""
    races = [tuning.racing for tuning in tunings if tuning.racing is not None]
    if not races:
        return ""
    spent, whole = sum(race.steps for race in races), sum(race.of_steps for race in races)
    first = races[0]
    rungs = ", ".join(f"{count} to step {step:,}" for count, step in zip(first.trials, first.rungs, strict=True))
    same = "" if len(set(races)) == 1 else " (for the first problem)"
    return (
        f"Trials were raced by successive halving: {rungs}{same}. All were granted {spent:,} of the {whole:,} steps of "
        f"full budgets ({100 * spent / whole:.0f} %), the same for each optimizer on a problem. A setting that is slow "
        "at first and would have been the best at the end may have been pruned."
    )


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
