"""Load the data of a report from a results folder."""

from functools import partial
from pathlib import Path

import pandas as pd

from optbench.analysis import tables
from optbench.analysis.matrices import Matrix, matrices
from optbench.report.scope import ReportData
from optbench.results.loading import load_arrays, load_labeled_runs
from optbench.results.store import Store
from optbench.spec.study_file import StudyFile


def load_report_data(results: Path, study: StudyFile, baseline: str | None = None) -> ReportData:
    """Load the runs and curves of a study.

    Args:
        results: the results folder.
        study: a study file.
        baseline: the contender with which the others are compared, or the label of one of its settings. The first
            contender if None.

    Raises:
        StoreError: the runs cannot be compared.
    """
    store = Store(results)
    labeled = load_labeled_runs(store, {study.name: study})
    is_trial = labeled["role"] == "trial"
    runs, trials = labeled[~is_trial], labeled[is_trial]
    compared = tables.comparable_runs(runs)
    curves = store.categorical_curves(pd.concat([compared, trials]).drop_duplicates("run_id"))
    return ReportData(
        study=study,
        runs=runs.drop(columns="stem"),
        trials=trials.drop(columns="stem"),
        matrices=matrices_in_study_order(compared, curves, study),
        trial_matrices=matrices_in_study_order(trials, curves, study),
        timings=store.timings(),
        unreadable=dict(store.unreadable),
        arrays=partial(load_arrays, results),
        requested_baseline=baseline,
    )


def matrices_in_study_order(runs: pd.DataFrame, curves: pd.DataFrame, study: StudyFile) -> list[Matrix]:
    """Return the curves of ``runs``, sorted by the order of the problems in the study file."""
    if runs.empty:
        return []
    order = {entry.label: number for number, entry in enumerate(study.problems)}
    last = len(order)
    return sorted(
        matrices(runs, curves),
        key=lambda matrix: (order.get(matrix.problem, last), matrix.metric != "loss", matrix.metric),
    )
