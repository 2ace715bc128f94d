"""Write runs from elsewhere to the results store, as a study with their origin.

The rows of these runs say where they come from in the column ``origin``; they have no fingerprint, no solo step time
and no compile mode. Their ids are hashes of what was read: the same table gives the same ids, a changed run another.
"""

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis.formatting import pluralize
from optbench.config.parameters import format_value
from optbench.errors import ConfigError
from optbench.importing.decision import choose_decision
from optbench.importing.tables import HYPERPARAMETER, ImportOptions, RunTable, list_names
from optbench.results.store import Store
from optbench.spec.job import ReportOptions
from optbench.spec.labels import setting_labels
from optbench.spec.run import Setting, canonical, digest
from optbench.spec.status import RunStatus
from optbench.spec.study_file import ImportEntry, JobEntry, ProblemEntry, RunEntry, SettingEntry, StudyFile

NO_OPTIONS = ImportOptions()
WITHOUT_BUDGET = {"epochs": None, "steps": None, "points": 2}


def import_study(
    table: RunTable,
    store: Store,
    name: str,
    options: ImportOptions = NO_OPTIONS,
    command: str = "",
) -> StudyFile:
    """Write a study of runs from elsewhere. A study of the same name that was imported is replaced.

    Args:
        table: the runs, understood.
        store: the results folder.
        name: of the study.
        options: what the user declared.
        command: by which the runs can be read again.

    Raises:
        ConfigError: the name is that of a study that was trained here; or the decision or the baseline does not exist.
        StoreError: the results cannot be written.
    """
    check_name(store, name)
    origin = origin_of(table)
    file = study_file(table, origin, name, options, command)
    rows, curves = store_rows(table, origin)
    store.prepare()
    earlier = store.runs(rows["run_id"])
    new = ~rows["run_id"].isin(earlier["run_id"])
    if new.any():
        store.write_shard(rows[new], curves[curves["run_id"].isin(rows.loc[new, "run_id"])])
    store.write_study(name, file)
    return file


def check_name(store: Store, name: str) -> None:
    """Raise ConfigError if a study of this name was trained here."""
    if not name.strip():
        raise ConfigError("`--name` must not be empty. Received: --name ''.")
    if name in store.study_names() and not store.read_study(name).imports:
        raise ConfigError(
            f"`--name` must not be that of a study that was trained here. Received: --name {name}. Choose another one."
        )


def origin_of(table: RunTable) -> str:
    """The origin of a table in the rows of its runs: the reader, and a hash of the source or of what was read."""
    kind, _, sha256 = table.source
    if not sha256:
        content = pd.util.hash_pandas_object(table.curves.drop(columns=["split", "metric"]), index=False).to_numpy()
        sha256 = hashlib.sha256(content.tobytes()).hexdigest()
    return f"{kind}:{sha256[:16]}"


def study_file(table: RunTable, origin: str, name: str, options: ImportOptions, command: str) -> StudyFile:
    """Return the study file of a table."""
    runs = identified(table, origin)
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
    """Return a study file that names runs: a job per setting and problem, and a label for each setting.

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


def identified(table: RunTable, origin: str) -> pd.DataFrame:
    """Return ``run_id, setting_id, problem_id, values_`` beside the columns of ``table.runs``."""
    runs = table.runs
    columns = [name for name in runs if name.startswith(HYPERPARAMETER)]
    values = [
        {
            name.removeprefix(HYPERPARAMETER): plain(value)
            for name, value in zip(columns, row, strict=True)
            if is_known(value)
        }
        for row in runs[columns].itertuples(index=False, name=None)
    ]
    settings = [digest("elsewhere", origin, name, v) for name, v in zip(runs["optimizer"], values, strict=True)]
    problems = {name: digest("elsewhere", name) for name in runs["problem"].unique()}
    contents = digests_of_curves(table.curves, len(runs))
    details = zip(runs["problem"], settings, runs["seed"], runs["status"], runs["wall_s"], contents, strict=True)
    ids = [digest("elsewhere", problem, setting, int(seed), status, str(wall), content)
           for problem, setting, seed, status, wall, content in details]  # fmt: skip
    return runs.assign(run_id=ids, setting_id=settings, problem_id=runs["problem"].map(problems), values_=values)


def is_known(value: Any) -> bool:
    """Whether a run has a hyperparameter."""
    return value is not None and not (isinstance(value, float) and np.isnan(value))


def plain(value: Any) -> Any:
    """A value as plain data of Python."""
    return value.item() if isinstance(value, np.generic) else value


def digests_of_curves(curves: pd.DataFrame, runs: int) -> list[str]:
    """The SHA-256 of the values of each run, in the order of runs."""
    ends = np.searchsorted(curves["run"].to_numpy(np.int64), np.arange(runs + 1))
    split, metric = (curves[name].cat for name in ("split", "metric"))
    names = [f"{one}.{other}" for one in split.categories for other in metric.categories]
    code = split.codes.to_numpy(np.int64) * len(metric.categories) + metric.codes.to_numpy(np.int64)
    parts = [code, curves["step"].to_numpy(np.int64), curves["value"].to_numpy(float)]
    start = hashlib.sha256("\n".join(names).encode())
    found = []
    for first, last in itertools.pairwise(ends):
        of_run = start.copy()
        for part in parts:
            of_run.update(np.ascontiguousarray(part[first:last]).tobytes())
        found.append(of_run.hexdigest())
    return found


def labels_of(runs: pd.DataFrame) -> list[str]:
    """The label of the setting of each run: the optimizer alone, where it has one setting on each problem.

    Others have the hyperparameters that differ, as in :mod:`optbench.spec.labels`.
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
    """The hyperparameters of the settings of a label as text; one on each problem, if they differ between problems."""
    names = dict.fromkeys(name for values in settings for name in values)
    return {name: describe_values([values[name] for values in settings if name in values]) for name in names}


def describe_values(values: Sequence[Any]) -> str:
    """A value of a hyperparameter as text; of several, how far they reach."""
    different = list(dict.fromkeys(values))
    if len(different) == 1:
        return format_value(different[0])
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in different):
        return f"{min(different):.3g} to {max(different):.3g}, by problem"
    return f"{', '.join(format_value(value) for value in different[:4])}, by problem"


def describe_problem(table: RunTable, problem: str) -> dict[str, str]:
    """What is known of a problem, by topic."""
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


def store_rows(table: RunTable, origin: str, run_ids: Sequence[str] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the tables ``runs`` and ``curves`` of the store.

    Args:
        table: the runs.
        origin: of the runs.
        run_ids: their ids, if these are not the hashes of what was read.
    """
    runs = identified(table, origin)
    runs = runs if run_ids is None else runs.assign(run_id=list(run_ids))
    last = table.curves.groupby("run", sort=False).agg(steps=("step", "max"), epochs=("epoch", "max"))
    counts = runs[["run"]].merge(last, left_on="run", right_index=True, how="left")
    rows = pd.DataFrame(
        {
            "run_id": runs["run_id"],
            "problem_id": runs["problem_id"],
            "setting_id": runs["setting_id"],
            "optimizer": runs["optimizer"],
            "schedule": "",
            "dataset": runs["problem"],
            "model": "",
            "loss": "",
            "regularizer": "",
            "seed": runs["seed"],
            "status": runs["status"],
            "status_detail": runs["status_detail"],
            "diverged_at_step": pd.array(runs["diverged_at_step"].round(), "Int64"),
            "epochs": counts["epochs"].to_numpy() if table.has_curves else np.nan,
            "steps": pd.array(counts["steps"].to_numpy(float), "Int64") if table.has_curves else pd.NA,
            "batch_size": pd.array(runs["batch_size"].round(), "Int64"),
            "parameters": pd.array(runs["parameters"].round(), "Int64"),
            "shared_by": 1,
            "train_s": runs["wall_s"],
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": "",
            "device": "",
            "versions": json.dumps({}),
            "code": "",
            "config": [
                canonical(config_of(p, v, s))
                for p, v, s in zip(runs["problem"], runs["values_"], runs["seed"], strict=True)
            ],
            "origin": origin,
        }
    )
    curves = table.curves.assign(run_id=runs["run_id"].to_numpy()[table.curves["run"].to_numpy()])
    curves = curves.assign(split=curves["split"].astype(str), metric=curves["metric"].astype(str))
    return rows, curves.drop(columns="run")


def config_of(problem: str, values: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The configuration of a run as far as it is known: the name of its problem, and its hyperparameters."""
    known = {"dataset": {"name": problem}, "model": {}, "loss": {}, "regularizer": {}}
    batches = {"batch_size": None, "order": None, "drop_last": False, "precision": None, "budget": WITHOUT_BUDGET}
    return {**known, **batches, "optimizer": dict(values), "schedule": {}, "seed": int(seed)}


def describe_import(table: RunTable, file: StudyFile) -> list[str]:
    """What was read and guessed, a line each."""
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
