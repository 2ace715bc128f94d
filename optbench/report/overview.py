"""Summarize a study: what was compared, and which runs have no result."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from optbench.analysis.formatting import join_names, pluralize
from optbench.analysis.sensitivity import LEARNING_RATE
from optbench.config.parameters import format_value
from optbench.report.elsewhere import describe_origin
from optbench.report.scope import ReportData
from optbench.spec.splits import describe_split
from optbench.spec.status import WITHOUT_RESULT, RunStatus
from optbench.spec.study_file import ChosenTrial, SettingEntry, StudyFile, TuningEntry

UNKNOWN = "hyperparameters are not known"  # status of imported runs
MOST_NAMES = 6  # maximum number of names in the title of a page


def overview(data: ReportData) -> dict[str, Any]:
    """Return the page data that concerns all problems of the study."""
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
        "trials": len(data.trials),
        "size": describe_size(data),
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
        "hosts": sorted(set(runs["host"]) - {""}),
        "elsewhere": data.elsewhere,
        "origins": describe_origin(data.study),
        "guesses": list(dict.fromkeys(note for entry in data.study.imports for note in entry.notes)),
    }


def count_names(names: pd.Series, noun: str) -> str:
    """Return the distinct names, or their number if there are more than six."""
    known = list(dict.fromkeys(names))
    return ", ".join(map(str, known)) if len(known) <= MOST_NAMES else f"{len(known)} {noun}"


def describe_size(data: ReportData) -> str:
    """Return the number of compared runs and of trial runs, for the whole page."""
    runs, trials = data.runs["run_id"].nunique(), data.trials["run_id"].nunique()
    settings = len(data.runs[["problem", "setting"]].drop_duplicates())
    problems = f" on {pluralize(count, 'problem')}" if (count := data.runs["problem"].nunique()) > 1 else ""
    each = f"{pluralize(settings, 'setting')}{problems} with {pluralize(data.runs['seed'].nunique(), 'seed')} each"
    before = f"; before them, {pluralize(trials, 'trial run')} chose the settings" if trials else ""
    return f"{pluralize(runs, 'compared run')} ({each}){before}"


def describe_trials(data: ReportData) -> str:
    """Return a sentence on the trial runs of tuning, or an empty string."""
    trials = data.trials
    tunings = [job.tuning for job in data.study.jobs if job.tuning is not None]
    if trials.empty or not tunings:
        return ""
    optimizers = pluralize(trials["optimizer"].nunique(), "optimizer")
    each = trials.groupby(["problem", "optimizer"])
    settings, seeds = int(each["setting"].nunique().max()), int(trials.groupby("setting_id")["seed"].nunique().max())
    names = join_names(dict.fromkeys(name for tuning in tunings for name in tuning.parameters))
    problems = f" on {pluralize(count, 'problem')}" if (count := trials["problem"].nunique()) > 1 else ""
    values = f"{pluralize(settings, 'value')} each{searched_range(trials) if names == 'learning_rate' else ''}"
    size = f"{optimizers}{problems}, {values}, {pluralize(seeds, 'seed')} per value"
    made = f"The {names} of each optimizer was chosen before in {pluralize(len(trials), 'trial run')} ({size})."
    return f"{made} {describe_racing(tunings)}".rstrip()


def searched_range(trials: pd.DataFrame) -> str:
    """Return the searched range of learning rates, if it is the same for all: `` from 0.001 to 0.1``."""
    if LEARNING_RATE not in trials:
        return ""
    rates = pd.to_numeric(trials[LEARNING_RATE], errors="coerce")
    ranges = rates.groupby([trials["problem"], trials["optimizer"]]).agg(["min", "max"]).dropna().drop_duplicates()
    return f" from {ranges['min'].iloc[0]:.3g} to {ranges['max'].iloc[0]:.3g}" if len(ranges) == 1 else ""


def describe_racing(tunings: Sequence[TuningEntry]) -> str:
    """Return the savings and the risk of pruning trials; empty if every trial had its whole budget."""
    races = [tuning.racing for tuning in tunings if tuning.racing is not None]
    if not races:
        return ""
    spent, whole = sum(race.steps for race in races), sum(race.of_steps for race in races)
    first = races[0]
    rungs = ", ".join(
        f"{count} to step {step:,} ({100 * step / first.rungs[-1]:.0f} %)"
        for count, step in zip(first.trials, first.rungs, strict=True)
    )
    same = "" if len(set(races)) == 1 else ", on the first problem"
    return (
        f"Trials were raced by successive halving: {rungs} of the budget{same}. All were granted {spent:,} of the "
        f"{whole:,} steps of full budgets ({100 * spent / whole:.0f} %), the same for each optimizer on a problem. A "
        "setting that is slow at first and would have been the best at the end may have been pruned."
    )


def settings_table(settings: Sequence[SettingEntry]) -> list[dict[str, str]]:
    """Return each setting with its hyperparameters as text."""
    return [
        {
            "setting": e.label,
            "values": ", ".join(f"{name} {value}" for name, value in e.hyperparameters.items()) or UNKNOWN,
        }
        for e in settings
    ]


def describe_choice(tuning: TuningEntry, chosen: ChosenTrial) -> str:
    """Return the metric by which a trial was chosen: ``final validation loss``."""
    return f"{tuning.choose} {describe_split(chosen.split)} {tuning.metric}"


def tuning_table(study: StudyFile) -> list[dict[str, str]]:
    """Return the chosen values of each tuned job, and how they were chosen."""
    names = {run.job: f"{run.setting} on {run.problem}" for run in study.runs if run.role == "run"}
    return [
        {
            "setting": names[number],
            "values": ", ".join(f"{name} {format_value(value)}" for name, value in chosen.hyperparameters.items()),
            "how": f"best of {tuning.trials} by {describe_choice(tuning, chosen)}, {tuning.method}",
            "border": ", ".join(chosen.at_the_border),
        }
        for number, job in enumerate(study.jobs)
        if number in names and (tuning := job.tuning) is not None and (chosen := tuning.chosen) is not None
    ]
