"""The values of each learning rate of a problem: those of the trials if it was tuned, otherwise those of the runs."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis import sensitivity, tables
from optbench.analysis.matrices import Matrix
from optbench.analysis.sensitivity import LEARNING_RATE as LEARNING_RATE  # re-exported
from optbench.analysis.values import run_values
from optbench.report.scope import Scope

RATES = "values by rate"  # in the memo of a scope


class RateValues(NamedTuple):
    """Final values by learning rate."""

    table: pd.DataFrame  # from :func:`optbench.analysis.sensitivity.values_by_learning_rate`
    metric: str
    is_of_trials: bool


def values_by_rate(scope: Scope) -> RateValues | None:
    """Return final values by learning rate, or None if no optimizer has three learning rates."""
    if RATES not in scope.memo:
        scope.memo[RATES] = compute_values_by_rate(scope)
    found: RateValues | None = scope.memo[RATES]
    return found


def compute_values_by_rate(scope: Scope) -> RateValues | None:
    """Compute :func:`values_by_rate`."""
    data = scope.data
    trials = [m for m in data.trial_matrices if m.problem == scope.problem]
    for final, runs in ((run_values(trials), data.trials), (scope.final, data.runs)):
        if final.empty or LEARNING_RATE not in runs:
            continue
        deciding = tables.deciding_values(final, data.decide)
        table = sensitivity.values_by_learning_rate(deciding, runs, data.declared)
        if len(table):
            return RateValues(table, data.decide.metric, runs is data.trials)
    return None


def start_value(scope: Scope) -> float:
    """Return the median of the deciding metric at step 0 over all runs, or NaN if it was not recorded."""
    matrix = start_matrix(scope)
    values = np.array([]) if matrix is None else matrix.numbers[:, 0]
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")


def start_values(scope: Scope) -> dict[str, float]:
    """Return the median of the deciding metric at step 0 for each setting; empty if it was not recorded."""
    matrix = start_matrix(scope)
    if matrix is None:
        return {}
    starts = pd.Series(matrix.numbers[:, 0]).groupby(matrix.runs["setting"].to_numpy()).median()
    return {str(setting): float(value) for setting, value in starts.items()}


def start_matrix(scope: Scope) -> Matrix | None:
    """Return the curves of the deciding metric if they start at step 0."""
    matrix = scope.matrices.get((scope.data.decide.metric, scope.deciding_split))
    return matrix if matrix is not None and len(matrix.steps) and matrix.steps[0] == 0 else None
