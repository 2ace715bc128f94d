"""Stage one of the learning gate: compare number by number, where curves are reproducible.

The losses of the first steps on each problem, and the norms of updates on gradient streams, must be within a tolerance
of the baseline's. Rounding errors are smaller than the tolerance; a change of the mathematics is not.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from optbench.analysis.metrics import Numbers
from optbench.lab.gates.findings import GateFinding, Outcome
from optbench.lab.gates.learning import EARLY, KEYS, STREAM

TOLERANCE = 5e-5  # of losses; noise of 1e-7 in every gradient moves them by up to 1.1e-5, most by 1e-6
UPDATE_TOLERANCE = 1e-5  # of norms of updates
SMALLEST = 1e-3  # losses are compared relative to their size, but at least relative to this share of the first


def compare_exactly(base: pd.DataFrame, head: pd.DataFrame, early: Collection[int]) -> list[GateFinding]:
    """A finding for each pair of rule and problem, or rule and stream, that both sides have.

    Args:
        base: ``rule, problem, seed, step, metric, value``, the accepted numbers.
        head: the same columns, the present numbers.
        early: the steps at which losses are compared.
    """
    both = match_numbers(base, head)
    steps = both[(both["metric"] == EARLY) & both["step"].isin(early)]
    norms = both[both["problem"].str.startswith(STREAM)]
    parts = [(steps, TOLERANCE), (norms, UPDATE_TOLERANCE)]
    return [
        judge_numbers(str(rule), str(problem), rows, tolerance)
        for part, tolerance in parts
        for (rule, problem), rows in part.groupby(["rule", "problem"], sort=False)
    ]


def match_numbers(base: pd.DataFrame, head: pd.DataFrame) -> pd.DataFrame:
    """The numbers that both sides have: ``value`` (present), ``accepted``, and their relative difference ``off``."""
    both = head.merge(base.rename(columns={"value": "accepted"}), on=KEYS)
    first = both[both["step"] == 0].set_index(["rule", "problem", "seed", "metric"])["accepted"]
    at_first = both.set_index(["rule", "problem", "seed", "metric"]).index.map(first.to_dict())
    smallest = SMALLEST * pd.Series(at_first, both.index, dtype=float).fillna(0.0)
    return both.assign(off=relative_differences(both["value"], both["accepted"], smallest))


def relative_differences(value: pd.Series, accepted: pd.Series, smallest: pd.Series) -> Numbers:
    """``|value - accepted|`` relative to ``accepted`` or ``smallest``; 0 if they are equal, even if infinite."""
    with np.errstate(all="ignore"):
        off = np.abs(value - accepted) / np.maximum(np.abs(accepted), smallest)
    return np.where(value == accepted, 0.0, np.where(np.isfinite(off), off, np.inf))


def judge_numbers(rule: str, problem: str, rows: pd.DataFrame, tolerance: float) -> GateFinding:
    """Whether all ``rows`` are within the tolerance; if not, the finding names the first step that is not."""
    largest = float(rows["off"].max())
    numbers = {"off": largest, "tolerance": tolerance}
    outside = rows[~(rows["off"] <= tolerance)]
    if outside.empty:
        return GateFinding(rule, problem, "exact", Outcome.HELD, f"largest difference {largest:.1e}", numbers)
    first = outside[outside["step"] == outside["step"].min()].nlargest(1, "off").iloc[0]
    problem_changed = ", before any update: the problem itself has changed" if first["step"] == 0 else ""
    text = (
        f"step {first['step']}, seed {first['seed']}: {first['metric']} {first['value']:.7g}, accepted "
        f"{first['accepted']:.7g}, relative difference {first['off']:.1e} (allowed {tolerance:.0e}){problem_changed}"
    )
    return GateFinding(rule, problem, "exact", Outcome.WORSE, text, {**numbers, "step": float(first["step"])})
