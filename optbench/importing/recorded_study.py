"""Add a recorded run to a study, which several processes may do concurrently."""

from dataclasses import replace
from typing import Any

import pandas as pd

from optbench.config.parameters import TARGET
from optbench.importing.identity import identified
from optbench.importing.stored import store_rows
from optbench.importing.study import RECORDED, study_file, with_runs
from optbench.importing.tables import HYPERPARAMETER, ImportOptions, RunTable
from optbench.results.loading import label_runs
from optbench.results.store import Store
from optbench.spec.decide_by import DecideBy
from optbench.spec.run import digest
from optbench.spec.study_file import StudyFile

COMMAND = "optbench.record(...)"


def write_run(table: RunTable, study: str, options: ImportOptions, store: Store) -> None:
    """Write one run, and add it to the study file."""
    origin = f"{RECORDED}:{digest(study)}"
    runs = identified(table, origin)
    run = runs.iloc[0]
    runs = runs.assign(run_id=digest(RECORDED, study, run["problem"], run["setting_id"], int(run["seed"])))
    rows, curves = store_rows(table, runs, origin)
    store.prepare()
    store.write_shard(rows, curves)
    with store.lock:
        known = store.read_study(study) if study in store.study_names() else None
        new = study_file(table, runs, origin, study, options, COMMAND)
        store.write_study(study, new if known is None else extend(known, new, store))


def extend(known: StudyFile, new: StudyFile, store: Store) -> StudyFile:
    """Return a study file with one more run, whose labels distinguish it from the others."""
    ids = list(dict.fromkeys([*(run.run_id for run in known.runs), *(run.run_id for run in new.runs)]))
    problems = {entry.label: entry for entry in (*known.problems, *new.problems)}
    rows = label_runs(store.runs(ids), {new.name: replace(known, runs=tuple(stub(i, new) for i in ids))})
    columns = [name for name in rows if name.startswith(HYPERPARAMETER) and name != f"{HYPERPARAMETER}{TARGET}"]
    values = [
        {name.removeprefix(HYPERPARAMETER): v for name, v in zip(columns, row, strict=True) if not pd.isna(v)}
        for row in rows[columns].itertuples(index=False, name=None)
    ]
    runs = pd.DataFrame(
        {
            "run_id": rows["run_id"].to_numpy(),
            "problem": rows["dataset"].to_numpy(),
            "optimizer": rows["optimizer"].to_numpy(),
            "setting_id": rows["setting_id"].to_numpy(),
            "values_": values,
        }
    )
    entry = known.imports[0]._replace(paired=known.imports[0].paired and new.imports[0].paired)
    file = replace(
        known,
        problems=tuple(problems.values()),
        metrics={**new.metrics, **known.metrics},
        imports=(entry,),
        decide_by=decision_of(known, new, rows, store),
    )
    return with_runs(file, runs)


def decision_of(known: StudyFile, new: StudyFile, rows: pd.DataFrame, store: Store) -> DecideBy:
    """The metric by which settings are compared: the previous one, unless no earlier run has a value of it.

    Args:
        known: the study file without the new run.
        new: the study file with only the new run.
        rows: rows of the runs of both.
        store: the results folder.
    """
    if new.decide_by == known.decide_by:
        return known.decide_by
    earlier = store.curves(rows[~rows["run_id"].isin([run.run_id for run in new.runs])])
    return known.decide_by if (earlier["metric"] == known.decide_by.metric).any() else new.decide_by


def stub(run_id: str, file: StudyFile) -> Any:
    """The entry of a run whose labels are not known yet."""
    return file.runs[0]._replace(run_id=run_id, job=0)
