"""Merge results of other studies with one's own, problem by problem, where fingerprints agree; else give reasons.

A problem of the other study is merged if one's own study has the same problem, and all common seeds have the same data,
initial weights and batches. Problems are the same if their configurations are equal, even if their code has changed:
fingerprints show whether that matters. If both studies have a run, one's own is kept.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals

from optbench.analysis.formatting import join_names
from optbench.config.build import flatten
from optbench.config.parameters import TARGET, dotted_path, format_value
from optbench.errors import StoreError
from optbench.report.join import join_studies
from optbench.results.loading import label_runs, stored_columns
from optbench.spec.run import SETTING_GROUPS, canonical
from optbench.spec.study_result import StudyResult

OF_SETTING = (*SETTING_GROUPS, "wrapper", "groups")
NOT_OF_TRAINING = (*OF_SETTING, "seed", "metrics")  # keys of a configuration that do not distinguish problems
SAME_RUN = ["problem_id", "setting_id", "seed", "role"]


def merge_results(name: str, own: StudyResult, others: Sequence[StudyResult]) -> StudyResult:
    """Return one result with one's own runs and the comparable runs of other studies.

    Args:
        name: the name of the merged study.
        own: the result whose problems are kept.
        others: other results, such as published ones.

    Returns:
        A result whose ``left_out`` lists what was not merged, and why, one line each.

    Raises:
        StoreError: nothing could be merged. The message gives the first reason.
    """
    merged, reasons, count = replace(own, file=replace(own.file, name=name)), [*own.left_out], 0
    for other in others:
        kept, why = comparable_part(replace(merged, file=own.file), other)
        reasons += why
        count += len(kept.runs)
        merged = concatenate(name, merged, kept) if len(kept.runs) else merged
    if reasons and not count:
        raise StoreError(f"Nothing can be merged. {reasons[-1]}")
    return replace(merged, left_out=tuple(reasons))


def comparable_part(own: StudyResult, other: StudyResult) -> tuple[StudyResult, list[str]]:
    """Return the part of another study that is comparable with one's own runs, and a line for each part that is not.

    Problems and their ids in the result are those of one's own study.
    """
    problems, reasons = match_problems(own, other)
    runs, trials = (rename_problems(table, problems) for table in (other.runs, other.trials))
    strange = describe_strange_rules(own.runs, runs)
    reasons += [f"{other.file.name}: {reason}" for reason in dict.fromkeys(strange.values())]
    runs, trials = (table[~table["setting_id"].isin(set(strange))] for table in (runs, trials))
    known = pd.MultiIndex.from_frame(pd.concat([own.runs, own.trials])[SAME_RUN])
    runs, trials = (table[~pd.MultiIndex.from_frame(table[SAME_RUN]).isin(known)] for table in (runs, trials))
    timings, untimed = comparable_timings(own, replace(other, runs=runs))
    ids = set(runs["run_id"]) | set(trials["run_id"])
    file = replace(other.file, runs=tuple(run for run in other.file.runs if run.run_id in ids))
    curves = other.curves[other.curves["run_id"].isin(ids)]
    return replace(other, file=file, runs=runs, trials=trials, timings=timings, curves=curves), reasons + untimed


def match_problems(own: StudyResult, other: StudyResult) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Return the label and id in one's own study of each problem of another study, by its id, and the reasons."""
    mine, theirs = (result.runs.drop_duplicates("problem_id").set_index("problem_id") for result in (own, other))
    configs = {number: problem_values(row["config"]) for number, row in mine.iterrows()}
    found: dict[str, tuple[str, str]] = {}
    reasons = []
    for number, row in theirs.iterrows():
        values = problem_values(row["config"])
        same = number if number in configs else next((k for k, v in configs.items() if v == values), None)
        if same is None:
            why = describe_missing(values, row, mine, configs, own.file.name)
        else:
            why = describe_starts(runs_of(own, str(same)), runs_of(other, str(number)))
            found |= {} if why else {number: (mine.loc[same, "problem"], same)}
        reasons += [f"{other.file.name}: {row['problem']} is not merged: {why}"] if why else []
    return found, reasons


def runs_of(result: StudyResult, problem_id: str) -> pd.DataFrame:
    """Return the runs of one problem."""
    return result.runs[result.runs["problem_id"] == problem_id]


def problem_values(config: str) -> dict[str, Any]:
    """Return the configuration values of a run that distinguish problems, by dotted name."""
    values: dict[str, Any] = {}
    for name, value in json.loads(config).items():
        if name in NOT_OF_TRAINING:
            continue
        flat = flatten(value) if isinstance(value, dict) else value
        values |= {dotted_path(name, k): v for k, v in flat.items()} if isinstance(flat, dict) else {name: flat}
    return values


def describe_missing(
    values: Mapping[str, Any], row: pd.Series, mine: pd.DataFrame, configs: Mapping[str, Mapping[str, Any]], name: str
) -> str:
    """Return why one's own study lacks a problem: no problem with this data and model, or other values."""
    alike = mine[(mine["dataset"] == row["dataset"]) & (mine["model"] == row["model"]) & (mine["loss"] == row["loss"])]
    if alike.empty:
        return f"{name} has no such problem."
    ours = configs[alike.index[0]]
    differ = [key for key in dict.fromkeys([*values, *ours]) if values.get(key) != ours.get(key)]
    return f"{join_names(describe_difference(key, values, ours) for key in differ)}."


def describe_difference(key: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """Return how a value differs."""
    name = key.removeprefix("budget.")
    return f"{name} is {format_value(theirs.get(key))} there and {format_value(ours.get(key))} here"


def describe_starts(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """Return why runs of one problem are not comparable seed by seed; empty if they are."""
    prints = [table.dropna(subset=["fingerprint"]) for table in (ours, theirs)]
    if any(table.empty for table in prints):
        return "its runs have no fingerprints, so it is unknown whether they started alike."
    first, second = (table.drop_duplicates("seed").set_index("seed")["fingerprint"] for table in prints)
    seeds = first.index.intersection(second.index)
    if seeds.empty:
        return "no seed is in both, so it is unknown whether they started alike."
    apart = sorted(seed for seed in seeds if first[seed] != second[seed])
    if not apart:
        return ""
    which = join_names(map(str, apart))
    return (
        f"data, initial weights or batches differ (the fingerprints of seed {which}).{describe_versions(ours, theirs)}"
    )


def describe_versions(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """Return which versions of libraries differ, as a sentence; empty if none does."""
    here, there = (json.loads(table["versions"].iloc[0] or "{}") for table in (ours, theirs))
    differ = [name for name in there if name in here and here[name] != there[name]]
    texts = [f"{name} {there[name]} there and {here[name]} here" for name in differ]
    return f" Versions differ: {join_names(texts)}." if texts else ""


def describe_strange_rules(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, str]:
    """Return the settings of another study whose names have another meaning in one's own, each with the reason."""
    targets: dict[str, set[str]] = {}
    known: dict[str, str] = {}
    for row in ours.drop_duplicates("setting_id").itertuples():
        targets.setdefault(row.optimizer, set()).add(rule_of(row.config))
        known[setting_key(row.config)] = row.setting_id
    found = {}
    for row in theirs.drop_duplicates("setting_id").itertuples():
        target, key = rule_of(row.config), setting_key(row.config)
        if target not in targets.get(row.optimizer, {target}):
            found[row.setting_id] = f"{row.optimizer} is not merged: it names another rule there ({target})."
        elif known.get(key, row.setting_id) != row.setting_id:
            found[row.setting_id] = f"{row.setting} is not merged: the code of this setting is other code there."
    return found


def rule_of(config: str) -> str:
    """Return the dotted path of the rule of a run; empty for an imported run."""
    return str(json.loads(config)["optimizer"].get(TARGET, ""))


def setting_key(config: str) -> str:
    """Return the configuration values of a run that distinguish settings."""
    return canonical({name: value for name, value in json.loads(config).items() if name in OF_SETTING})


def rename_problems(table: pd.DataFrame, problems: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Return the rows of merged problems, with their label and id in one's own study."""
    rows = table[table["problem_id"].isin(list(problems))]
    found = [problems[number] for number in rows["problem_id"]]
    return rows.assign(problem=[label for label, _ in found], problem_id=[number for _, number in found])


def comparable_timings(own: StudyResult, other: StudyResult) -> tuple[pd.DataFrame, list[str]]:
    """Return another study's step times if they were measured on the same machine; otherwise none, with the reason."""
    hosts = set(own.runs["host"].dropna())
    here = other.timings[other.timings["host"].isin(hosts)]
    if len(here) == len(other.timings) or other.runs.empty:
        return here, []
    text = "step times are left out: they were measured on another machine."
    return here, [f"{other.file.name}: {text}"]


def concatenate(name: str, own: StudyResult, other: StudyResult) -> StudyResult:
    """Concatenate two results, under the labels of the joined study."""
    everything = pd.concat([own.runs, own.trials, other.runs, other.trials], ignore_index=True)
    stored = stored_columns(everything.drop_duplicates("run_id"))
    file = join_studies(name, [own.file, other.file], stored)
    file = replace(file, decide_by=own.file.decide_by, report=own.file.report)
    labeled = label_runs(stored, {name: file})
    is_trial = labeled["role"] == "trial"
    return replace(
        own,
        file=file,
        runs=labeled[~is_trial],
        trials=labeled[is_trial],
        curves=concatenate_curves(own.curves, other.curves[~other.curves["run_id"].isin(set(own.curves["run_id"]))]),
        timings=pd.concat([own.timings, other.timings], ignore_index=True),
        skipped=(*own.skipped, *other.skipped),
        arrays=lambda ids, kind: pd.concat([own.arrays(ids, kind), other.arrays(ids, kind)], ignore_index=True),
    )


def concatenate_curves(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both, with text as categories."""
    texts = {
        name: union_categoricals([table[name].astype("category") for table in (first, second)])
        for name in ("run_id", "split", "metric")
    }
    plain = [table.drop(columns=list(texts)) for table in (first, second)]
    return pd.concat(plain, ignore_index=True).assign(**texts)[list(first.columns)]
