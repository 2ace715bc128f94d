"""Load the runs and curves of studies with their labels, for reports, notebooks and other tools."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from optbench.config.parameters import TARGET, dotted_path, format_value
from optbench.results.curve_cache import CurveCache
from optbench.results.reading import StoreReader
from optbench.results.schemas import ARRAYS, RUNS, TIMINGS
from optbench.results.store import Store
from optbench.spec.run import PROBLEM_GROUPS, SETTING_GROUPS, ProblemConfig, Setting, from_config
from optbench.spec.study_file import RunEntry, StudyFile
from optbench.spec.study_result import SkippedFile, StudyResult


def load(folder: str | Path = "results", study: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Load runs and curves, with the labels of their study and a column for each hyperparameter.

    Args:
        folder: the results folder.
        study: the name of a study. The runs of all studies if None.

    Returns:
        ``runs``, one row per run and study, with the columns of the table ``runs`` and ``study, job, role, problem,
        setting, hp.<name>``; and ``curves``, with the columns ``run_id, step, epoch, split, metric, value``.
        ``results/README.md`` describes them.

    Raises:
        StoreError: there is no such study.
    """
    store = Store(folder)
    studies = store.readable_studies() if study is None else {study: store.read_study(study)}
    runs = load_labeled_runs(store, studies)
    return runs.drop(columns="stem"), store.curves(runs.drop_duplicates("run_id"))


def load_labeled_runs(store: StoreReader, studies: Mapping[str, StudyFile]) -> pd.DataFrame:
    """Load the runs of ``studies`` that are in the store.

    Args:
        store: the results folder.
        studies: study files by name.

    Returns:
        One row per run and study: the columns of :meth:`Store.runs`, labels and hyperparameters.
    """
    return label_runs(store.runs(study_labels(studies)["run_id"]), studies)


def label_runs(runs: pd.DataFrame, studies: Mapping[str, StudyFile]) -> pd.DataFrame:
    """Return the runs of ``studies``, one row per run and study, with labels and hyperparameters.

    Args:
        runs: the columns of the table ``runs``.
        studies: study files by name.
    """
    labeled = study_labels(studies).merge(runs, on="run_id", how="inner")
    return add_hyperparameters(name_by_labels(labeled, studies))


def stored_columns(runs: pd.DataFrame) -> pd.DataFrame:
    """Return labeled runs with only the columns of the table ``runs``."""
    return runs[RUNS.names]


def name_by_labels(runs: pd.DataFrame, studies: Mapping[str, StudyFile]) -> pd.DataFrame:
    """Replace the optimizer of each run by the label of its job, if it has one."""
    found = {(name, number): job.label for name, study in studies.items() for number, job in enumerate(study.jobs)}
    if not any(found.values()):
        return runs
    given = [found.get(key) for key in zip(runs["study"], runs["job"], strict=True)]
    names = [name if label is None else label for label, name in zip(given, runs["optimizer"], strict=True)]
    return runs.assign(optimizer=names)


def load_result(store: StoreReader, study: StudyFile, curves: CurveCache | None = None) -> StudyResult:
    """Load the result of a study.

    Args:
        store: the results folder.
        study: a study file.
        curves: the curves of the study's runs that were read before.
    """
    labeled = load_labeled_runs(store, {study.name: study})
    rows, is_trial = labeled.drop_duplicates("run_id"), labeled["role"] == "trial"
    labeled = labeled.drop(columns="stem")
    return StudyResult(
        file=study,
        runs=labeled[~is_trial],
        trials=labeled[is_trial],
        curves=store.categorical_curves(rows) if curves is None else curves.categorical_curves(rows),
        timings=store.timings(),
        skipped=tuple(SkippedFile(file, reason) for file, reason in store.unreadable.items()),
        arrays=partial(load_arrays, store, rows),
        array_files=store.count_array_files(rows),
    )


def result_so_far(study: StudyFile, runs: pd.DataFrame, curves: pd.DataFrame) -> StudyResult:
    """Return the partial result of a running study, from the rows of the runs that ended.

    Args:
        study: its study file.
        runs: rows with the columns of the table ``runs``.
        curves: rows with the columns of the table ``curves``, for some metrics.
    """
    labeled = label_runs(runs.drop_duplicates("run_id"), {study.name: study})
    is_trial, nothing = labeled["role"] == "trial", TIMINGS.empty_table().to_pandas()
    no_arrays = ARRAYS.empty_table().to_pandas()
    return StudyResult(
        study, labeled[~is_trial], labeled[is_trial], curves, nothing, (), lambda run_ids, kind: no_arrays
    )


def load_arrays(store: StoreReader, rows: pd.DataFrame, run_ids: Iterable[str], kind: str) -> pd.DataFrame:
    """Load the arrays that were recorded in addition to metrics.

    Args:
        store: the results folder.
        rows: ``run_id`` and the ``stem`` of the files of runs.
        run_ids: the ids of the runs.
        kind: ``path``, ``points``, ``plane`` or ``regions``. See :mod:`optbench.problem.recordings`.

    Returns:
        ``run_id, kind, step, shape, values``, one row per array. The array is ``numpy.reshape(values, shape)``.
    """
    wanted = set(run_ids)
    known = rows[rows["run_id"].isin(wanted)]
    is_there = all((store.folder / "runs" / f"{stem}.parquet").exists() for stem in known["stem"].unique())
    return store.arrays(known if is_there else store.runs(wanted), kind)  # another study may have merged the files


def study_labels(studies: Mapping[str, StudyFile]) -> pd.DataFrame:
    """Return the runs in study files, by name, with the columns ``run_id, job, role, problem, setting, study``."""
    rows = [(*run, name) for name, study in studies.items() for run in study.runs]
    return pd.DataFrame(rows, columns=[*RunEntry._fields, "study"])


def add_hyperparameters(runs: pd.DataFrame) -> pd.DataFrame:
    """Add a column ``hp.<name>`` for each hyperparameter of the optimizers and wrappers, taken from ``config``."""
    first = runs.drop_duplicates("setting_id").set_index("setting_id")["config"]  # all runs of a setting have the same
    by_setting = {setting: setting_values(json.loads(config)) for setting, config in first.items()}
    values = pd.DataFrame([by_setting[setting] for setting in runs["setting_id"]], index=runs.index)
    return pd.concat([runs, values.add_prefix("hp.")], axis=1)


def parse_config(row: Any) -> tuple[ProblemConfig, Setting]:
    """Return the problem and the setting of a row of ``runs``."""
    names = {group: row[group] for group in (*PROBLEM_GROUPS, *SETTING_GROUPS)}
    return from_config(json.loads(row["config"]), names)


def setting_values(config: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters of a run by name. Those of wrappers have names such as ``lookahead.every``."""
    values = plain_values(config["optimizer"])
    for node in config.get("wrapper", {}).get("wrappers", []):  # older results have no wrappers
        wrapper = node[TARGET].rpartition(".")[2]
        values |= {dotted_path(wrapper, name): value for name, value in plain_values(node).items()}
    return values


def plain_values(node: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a node by name. Lists and dicts become text, so that tables can be grouped by them."""
    return {k: format_value(v) if isinstance(v, dict | list) else v for k, v in node.items() if k != TARGET}
