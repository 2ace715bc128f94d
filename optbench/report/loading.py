"""Prepare the data of a report from the result of a study."""

from dataclasses import replace

import pandas as pd

from optbench.analysis import tables
from optbench.analysis.matrices import Matrix, matrices
from optbench.report.elsewhere import add_pairing
from optbench.report.scope import ReportData
from optbench.report.split_pools import find_pools, pool_splits
from optbench.spec.study_file import StudyFile
from optbench.spec.study_result import StudyResult


def report_data(result: StudyResult, baseline: str | None = None, pooled: bool = True) -> ReportData:
    """Arrange the curves of a study for its report.

    Args:
        result: the result of the study.
        baseline: the contender with which the others are compared, or the label of one of its settings. The first
            contender if None.
        pooled: whether problems that differ only by the split of their data are one problem.

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
        matrices(runs, curves, study.metrics),
        key=lambda matrix: (order.get(matrix.problem, last), matrix.metric != "loss", matrix.metric),
    )
