"""Prepare the data of a report from the result of a study."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from optbench.analysis import tables
from optbench.analysis.matrices import Matrix, matrices
from optbench.analysis.uneven_steps import best_recorded, fill_gaps, thin_steps
from optbench.report.elsewhere import add_pairing, is_elsewhere
from optbench.report.scope import ReportData
from optbench.report.split_pools import find_pools, pool_splits
from optbench.spec.metrics import Declared
from optbench.spec.study_file import StudyFile
from optbench.spec.study_result import StudyResult


def report_data(result: StudyResult, baseline: str | None = None, pooled: bool = True) -> ReportData:
    """Arrange the curves of a study for its report.

    Args:
        result: the result of the study.
        baseline: the contender with which the others are compared, or the label of one of its settings. The first
            contender if None.
        pooled: whether problems that differ only in the split of their data are pooled.

    Raises:
        StoreError: the runs cannot be compared.
    """
    pools = find_pools(result) if pooled else []
    result = pool_splits(result, pools)
    result = replace(result, runs=add_pairing(result.runs, result.file))
    return ReportData(
        result=result,
        matrices=matrices_in_study_order(tables.comparable_runs(result.runs), result.curves, result.file),
        trial_matrices=matrices_in_study_order(result.trials, result.curves, result.file),
        requested_baseline=baseline,
        unpooled=tuple(pool for pool in pools if pool.reason),
    )


def matrices_in_study_order(runs: pd.DataFrame, curves: pd.DataFrame, study: StudyFile) -> list[Matrix]:
    """Return the curves of ``runs``, sorted by the order of the problems in the study file."""
    if runs.empty:
        return []
    order = {entry.label: number for number, entry in enumerate(study.problems)}
    last = len(order)
    return sorted(
        even_matrices(runs, curves, study.metrics),
        key=lambda matrix: (order.get(matrix.problem, last), matrix.metric != "loss", matrix.metric),
    )


def even_matrices(runs: pd.DataFrame, curves: pd.DataFrame, declared: Declared) -> Iterator[Matrix]:
    """Yield the curves of runs. On problems with imported runs, all runs have values at the steps of the others."""
    elsewhere = set(runs.loc[is_elsewhere(runs), "problem"])
    if not elsewhere:
        yield from matrices(runs, curves, declared)
        return
    problems = runs.set_index("run_id")["problem"]
    of_problem = curves["run_id"].astype(str).map(problems)
    own = runs[~runs["problem"].isin(elsewhere)]
    if len(own):
        yield from matrices(own, curves[of_problem.isin(set(own["problem"]))], declared)
    of_elsewhere = curves[of_problem.isin(elsewhere)]
    best = best_recorded(of_elsewhere, declared)
    thin = thin_steps(of_elsewhere, problems)
    for matrix in matrices(runs[runs["problem"].isin(elsewhere)], thin, declared):
        yield fill_gaps(matrix, best)
