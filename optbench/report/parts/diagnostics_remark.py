"""The most remarkable fact in the diagnostics of a problem, as one sentence or none.

A sentence states only what holds in every run and at every evaluation point that it mentions.
"""

import json
import math
from collections.abc import Mapping
from itertools import permutations

import numpy as np

from optbench.analysis.formatting import format_number
from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import Numbers
from optbench.config.parameters import TARGET
from optbench.report.scope import Scope

GRADIENT_DESCENT = "optbench.optimizers.sgd.sgd"  # rules to which 2 / learning rate applies
EDGE = (0.8, 1.2)  # stability ratios at the edge of stability
LAST_PART = 0.25  # of the evaluation points
LEAST_FACTOR = 2.0  # factor between updates that is worth a sentence


def remark(scope: Scope, found: Mapping[str, Matrix]) -> list[str]:
    """Return at most one sentence.

    Args:
        scope: the results of the problem.
        found: the curves of each diagnostic.
    """
    sentences = [edge_of_stability(scope, found), larger_updates(scope, found)]
    return [sentence for sentence in sentences if sentence][:1]


def edge_of_stability(scope: Scope, found: Mapping[str, Matrix]) -> str:
    """Say which setting of gradient descent ends at the edge of stability in every run."""
    for setting, numbers in by_setting(scope, found.get("stability_ratio")).items():
        tail = numbers[:, -max(1, round(LAST_PART * numbers.shape[1])) :]
        if is_gradient_descent(scope, setting) and np.all((tail >= EDGE[0]) & (tail <= EDGE[1])):
            return (
                f"{setting} trains at the edge of stability: in the last quarter of training the largest eigenvalue of "
                f"the Hessian is {format_number(tail.min())} to {format_number(tail.max())} times 2 / learning rate in "
                f"{runs_in_words(len(numbers))}."
            )
    return ""


def larger_updates(scope: Scope, found: Mapping[str, Matrix]) -> str:
    """Say which setting has larger updates than another at every evaluation point, for all seeds."""
    settings = by_setting(scope, found.get("update_norm"))
    factors = {(a, b): least_factor(settings[a], settings[b]) for a, b in permutations(settings, 2)}
    if not factors:
        return ""
    (larger, smaller), factor = max(factors.items(), key=lambda item: item[1])
    if factor < LEAST_FACTOR:
        return ""
    return (
        f"The updates of {larger} are at least {format_number(round_down(factor))} times as large as those of "
        f"{smaller} at every point that was measured, in {runs_in_words(len(settings[larger]))}."
    )


def by_setting(scope: Scope, matrix: Matrix | None) -> dict[str, Numbers]:
    """Return the curves (runs, points) of each setting in figures whose values are all known and finite."""
    if matrix is None:
        return {}
    of_run = matrix.runs["setting"].to_numpy()
    curves = {str(setting): matrix.numbers[of_run == setting] for setting in scope.figure_contenders["setting"]}
    return {setting: numbers for setting, numbers in curves.items() if len(numbers) and np.isfinite(numbers).all()}


def is_gradient_descent(scope: Scope, setting: str) -> bool:
    """Return whether the rule of a setting is plain gradient descent."""
    config = json.loads(scope.runs.loc[scope.runs["setting"] == setting, "config"].iloc[0])
    is_plain = not config.get("wrapper", {}).get("wrappers") and not config.get("groups")
    return is_plain and config.get("optimizer", {}).get(TARGET) == GRADIENT_DESCENT


def least_factor(larger: Numbers, smaller: Numbers) -> float:
    """Return the smallest factor at any point between a run of the one and a run of the other; 0 without one."""
    low, high = larger.min(axis=0), smaller.max(axis=0)
    return float((low / high).min()) if (high > 0).all() else 0.0


def round_down(factor: float) -> float:
    """Round down to two significant digits, so that "at least" stays true."""
    unit = 10.0 ** (math.floor(math.log10(factor)) - 1)
    return math.floor(factor / unit) * unit


def runs_in_words(count: int) -> str:
    """Return "all 8 seeds", or "the one seed"."""
    return f"all {count} seeds" if count > 1 else "the one seed"
