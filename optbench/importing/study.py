"""Write imported runs to the results store, as a study with their origin.

RunTable ──> identity.identified ──> study_file            the study file, with labels of settings and problems
                                 ──> stored.store_rows     rows of ``runs`` and ``curves``
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import pandas as pd

from optbench.analysis.formatting import pluralize
from optbench.config.parameters import format_value
from optbench.errors import ConfigError
from optbench.importing.decision import choose_decision
from optbench.importing.identity import identified, origin_of
from optbench.importing.stored import store_rows
from optbench.importing.tables import ImportOptions, RunTable, list_names
from optbench.results.store import Store
from optbench.spec.job import ReportOptions
from optbench.spec.labels import setting_labels
from optbench.spec.run import Setting
from optbench.spec.status import RunStatus
from optbench.spec.study_file import ImportEntry, JobEntry, ProblemEntry, RunEntry, SettingEntry, StudyFile

NO_OPTIONS = ImportOptions()
RECORDED = "record"  # the reader of runs recorded by optbench.record


def import_study(
    table: RunTable,
    store: Store,
    name: str,
    options: ImportOptions = NO_OPTIONS,
    command: str = "",
) -> StudyFile:
    """Write a study of imported runs. It replaces an imported study of the same name.

    Args:
        table: the interpreted runs.
        store: the results folder.
        name: the name of the study.
        options: the options of the user.
        command: the command that imports the runs again.

    Raises:
        ConfigError: the name is that of a study that was trained here; or the decision or the baseline does not exist.
        StoreError: the results cannot be written.
    """
    check_name(store, name)
    origin = origin_of(table)
    runs = identified(table, origin)
    file = study_file(table, runs, origin, name, options, command)
    rows, curves = store_rows(table, runs, origin)
    store.prepare()
    earlier = store.runs(rows["run_id"])
    new = ~rows["run_id"].isin(earlier["run_id"])
    if new.any():
        store.write_shard(rows[new], curves[curves["run_id"].isin(rows.loc[new, "run_id"])])
    store.write_study(name, file)
    return file


def check_name(store: Store, name: Any, option: str = "--name", recorded: bool = False) -> None:
    """Raise ConfigError if a name is not a string, or belongs to a study that imported runs must not replace.

    Args:
        store: the results folder.
        name: the name of the study.
        option: the option with the name, for messages.
        recorded: whether the study is recorded by :func:`optbench.record`, which may add runs to a recorded study.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f"`{option}` must be a nonempty string. Received: {option} {name!r}.")
    if name not in store.study_names():
        return
    kinds = {entry.source for entry in store.read_study(name).imports}
    earlier = "trained here" if not kinds else "recorded" if kinds == {RECORDED} else "imported"
    if earlier != ("recorded" if recorded else "imported"):
        raise ConfigError(
            f"`{option}` must not be that of a study that was {earlier}. Received: {option} {name}. Choose another one."
        )


def study_file(
    table: RunTable, runs: pd.DataFrame, origin: str, name: str, options: ImportOptions, command: str
) -> StudyFile:
    """Return the study file for a table.

    Args:
        table: the runs.
        runs: of the table, with their ids, from :func:`optbench.importing.identity.identified`.
        origin: of the runs.
        name: of the study.
        options: what the user declared.
        command: by which the runs can be read again.
    """
    decide, notes = choose_decision(table, options.decide_by)
    entry = ImportEntry(
        origin, table.source.kind, table.source.name, options.paired, options.comparable_times, (*table.notes, *notes)
    )
    check_baseline(runs, options.baseline)
    plain_file = StudyFile(
        name=name,
        command=command,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        device="",
        versions=json.dumps({"optbench": metadata.version("optbench")}),
        problems=tuple(ProblemEntry(label, describe_problem(table, label)) for label in runs["problem"].unique()),
        runs=(),
        report=ReportOptions(options.baseline),
        decide_by=decide,
        metrics={metric: found for metric, found in table.metrics.items() if metric != "loss"},
        imports=(entry,),
    )
    return with_runs(plain_file, runs)


def with_runs(file: StudyFile, runs: pd.DataFrame) -> StudyFile:
    """Return a study file with runs: one job per setting and problem, and a label for each setting.

    Args:
        file: the study file.
        runs: ``run_id, problem, optimizer, setting_id, values_``, a row per run; ``values_`` are its hyperparameters.
    """
    runs = runs.assign(label=labels_of(runs))
    keys = list(dict.fromkeys(zip(runs["problem"], runs["setting_id"], strict=True)))
    numbers = {key: number for number, key in enumerate(keys)}
    return replace(
        file,
        runs=tuple(
            RunEntry(row.run_id, numbers[row.problem, row.setting_id], "run", row.problem, row.label)
            for row in runs.itertuples()
        ),
        settings=tuple(
            SettingEntry(str(label), describe_settings(of_label.drop_duplicates("setting_id")["values_"]))
            for label, of_label in runs.groupby("label", sort=False)
        ),
        jobs=tuple(JobEntry((), command=file.command) for _ in keys),
    )


def labels_of(runs: pd.DataFrame) -> list[str]:
    """The label of the setting of each run: only the optimizer, if it has one setting on each problem.

    Other labels also have the hyperparameters that differ, as in :mod:`optbench.spec.labels`.
    """
    if (runs.groupby(["problem", "optimizer"], sort=False)["setting_id"].nunique() == 1).all():
        return list(runs["optimizer"])
    settings = {
        row.setting_id: Setting(row.values_, {}, {"optimizer": row.optimizer, "schedule": ""})
        for row in runs.drop_duplicates("setting_id").itertuples()
    }
    labels = setting_labels(settings)
    return [labels[setting] for setting in runs["setting_id"]]


def describe_settings(settings: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The hyperparameters of the settings of a label as text. They may differ between problems."""
    names = dict.fromkeys(name for values in settings for name in values)
    return {name: describe_values([values[name] for values in settings if name in values]) for name in names}


def describe_values(values: Sequence[Any]) -> str:
    """The value of a hyperparameter as text; for several values, their range."""
    different = list(dict.fromkeys(values))
    if len(different) == 1:
        return format_value(different[0])
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in different):
        return f"{min(different):.3g} to {max(different):.3g}, by problem"
    return f"{', '.join(format_value(value) for value in different[:4])}, by problem"


def describe_problem(table: RunTable, problem: str) -> dict[str, str]:
    """What is known about a problem, by topic."""
    runs = table.runs[table.runs["problem"] == problem]
    described = {"Runs": f"trained elsewhere, read from {table.source.name}"}
    models = [model for model in dict.fromkeys(runs["model"]) if model]
    if models:
        described["Model"] = ", ".join(models[:4])
    steps = table.curves.loc[table.curves["run"].isin(runs["run"]), "step"]
    if table.has_curves and len(steps):
        described["Budget"] = f"up to {steps.max():,} {'step' if steps.max() == 1 else 'steps'}"
    return described


def check_baseline(runs: pd.DataFrame, baseline: str | None) -> None:
    """Raise ConfigError unless the baseline is an optimizer or the label of a setting."""
    names = list(dict.fromkeys(runs["optimizer"]))
    if baseline is not None and baseline not in {*names, *labels_of(runs)}:
        raise ConfigError(f"`--baseline` must be one of {list_names(names, 20)}. Received: --baseline {baseline}.")


def describe_import(table: RunTable, file: StudyFile) -> list[str]:
    """What was read and what was guessed, one line each."""
    runs = table.runs
    what = [
        pluralize(len(runs), "run"),
        pluralize(runs["optimizer"].nunique(), "optimizer"),
        pluralize(runs["problem"].nunique(), "problem"),
        f"{len(table.curves):,} values" + ("" if table.has_curves else ", final values only"),
    ]
    counts = runs["status"].value_counts()
    ended = [f"{count} {status}" for status, count in counts.items() if status != RunStatus.DONE]
    pairing = "paired by seed" if file.imports[0].paired else "not paired (--paired seed pairs runs with the same seed)"
    lines = [f"read {', '.join(what)}" + (f"; {', '.join(ended)}" if ended else "")]
    lines += [f"guessed: {note}" for note in file.imports[0].notes]
    return [*lines, f"runs are {pairing}"]
