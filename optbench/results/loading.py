"""Runs and curves of a study, with its labels: what reports, notebooks and other tools read."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optbench.config.parameters import TARGET, dotted_path, format_value
from optbench.results.store import Store
from optbench.spec.run import PROBLEM_GROUPS, SETTING_GROUPS, ProblemConfig, Setting, from_config


def load(folder: str | Path = "results", study: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read runs and curves, with the labels of their study and a column for each hyperparameter.

    Args:
        folder: the results folder.
        study: the name of a study, or None for the runs of all of them.

    Returns:
        ``runs``, one row a run and study, with ``study, job, role, problem, setting`` and ``hp.<name>`` columns beside
        the stored ones; ``curves``, ``run_id, step, epoch, split, metric, value``.

    Raises:
        StoreError: there is no such study.
    """
    store = Store(folder)
    studies = store.readable_studies() if study is None else {study: store.read_study(study)}
    runs = labeled_runs(store, studies)
    return runs.drop(columns="stem"), store.curves(runs.drop_duplicates("run_id"))


def labeled_runs(store: Store, studies: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The runs that ``studies`` name and the store holds: labels, hyperparameters, and ``stem`` as in the store."""
    labels = pd.concat([study_labels(name, s) for name, s in studies.items()] or [study_labels("", {})])
    return add_hyperparameters(labels.merge(store.runs(labels["run_id"]), on="run_id", how="inner"))


def load_arrays(folder: str | Path, run_ids: Iterable[str], kind: str) -> pd.DataFrame:
    """What was recorded of runs beside metrics.

    Args:
        folder: the results folder.
        run_ids: of the runs.
        kind: ``path``, ``points``, ``plane`` or ``regions``; see :mod:`optbench.problem.recordings`.

    Returns:
        ``run_id, kind, step, shape, values``: an array a row, ``numpy.reshape(values, shape)``.
    """
    store = Store(folder)
    return store.arrays(store.runs(run_ids), kind)


def study_labels(name: str, study: Mapping[str, Any]) -> pd.DataFrame:
    """The runs that a study file names: ``run_id, study, job, role, problem, setting``."""
    columns = ["run_id", "job", "role", "problem", "setting"]
    table = pd.DataFrame(study.get("runs", []), columns=columns)
    return table.assign(study=name)


def add_hyperparameters(runs: pd.DataFrame) -> pd.DataFrame:
    """Add a column ``hp.<name>`` for each hyperparameter of the optimizers and their wrappers, from ``config``."""
    configs = [json.loads(config) for config in runs["config"]]
    values = pd.DataFrame([setting_values(config) for config in configs], index=runs.index)
    return pd.concat([runs, values.add_prefix("hp.")], axis=1)


def parse_config(row: Any) -> tuple[ProblemConfig, Setting]:
    """The problem and the setting of a row of ``runs``."""
    names = {group: row[group] for group in (*PROBLEM_GROUPS, *SETTING_GROUPS)}
    return from_config(json.loads(row["config"]), names)


def setting_values(config: dict[str, Any]) -> dict[str, Any]:
    """The values of a run's optimizer by name, and those of each wrapper, as ``lookahead.every``."""
    values = plain_values(config["optimizer"])
    for node in config.get("wrapper", {}).get("wrappers", []):  # results from before there were any have none
        stem = node[TARGET].rpartition(".")[2]
        values |= {dotted_path(stem, name): value for name, value in plain_values(node).items()}
    return values


def plain_values(node: dict[str, Any]) -> dict[str, Any]:
    """A node's values by name, each something that a table can group by."""
    return {k: format_value(v) if isinstance(v, dict | list) else v for k, v in node.items() if k != TARGET}
