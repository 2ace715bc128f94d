"""Stage one of the learning gate: number by number, where curves are reproducible.

Losses of the first steps on each problem, and lengths of updates on streams of gradients, lie within a tolerance of
the baseline's. Rounding stays below it; a change of the mathematics does not.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from optbench.analysis.metrics import Numbers
from optbench.lab.gates.findings import Finding, Found
from optbench.lab.gates.learned import EARLY, KEYS, STREAM

TOLERANCE = 5e-5  # of losses; noise of 1e-7 in every gradient moves them by up to 1.1e-5, most by 1e-6
UPDATE_TOLERANCE = 1e-5  # of lengths of updates
SMALLEST = 1e-3  # losses are compared relative to their size, but never to less than this share of the first


def exact(base: pd.DataFrame, head: pd.DataFrame, early: Collection[int]) -> list[Finding]:
    """A finding for each rule and problem that both have, and each stream.

    Args:
        base: ``rule, problem, seed, step, metric, value``, the accepted numbers.
        head: the same of what is there now.
        early: the steps at which losses are compared.
    """
    both = together(base, head)
    steps = both[(both["metric"] == EARLY) & both["step"].isin(early)]
    norms = both[both["problem"].str.startswith(STREAM)]
    parts = [(steps, TOLERANCE), (norms, UPDATE_TOLERANCE)]
    return [
        judged(str(rule), str(problem), rows, tolerance)
        for part, tolerance in parts
        for (rule, problem), rows in part.groupby(["rule", "problem"], sort=False)
    ]


def together(base: pd.DataFrame, head: pd.DataFrame) -> pd.DataFrame:
    """The numbers that both have, as ``value`` (now) and ``accepted``, and how far they are apart as ``off``."""
    both = head.merge(base.rename(columns={"value": "accepted"}), on=KEYS)
    first = both[both["step"] == 0].set_index(["rule", "problem", "seed", "metric"])["accepted"]
    at_first = both.set_index(["rule", "problem", "seed", "metric"]).index.map(first.to_dict())
    smallest = SMALLEST * pd.Series(at_first, both.index, dtype=float).fillna(0.0)
    return both.assign(off=relative(both["value"], both["accepted"], smallest))


def relative(value: pd.Series, accepted: pd.Series, smallest: pd.Series) -> Numbers:
    """``|value - accepted|`` relative to ``accepted`` or ``smallest``, 0 where they are equal, also if infinite."""
    with np.errstate(all="ignore"):
        off = np.abs(value - accepted) / np.maximum(np.abs(accepted), smallest)
    return np.where(value == accepted, 0.0, np.where(np.isfinite(off), off, np.inf))


def judged(rule: str, problem: str, rows: pd.DataFrame, tolerance: float) -> Finding:
    """Whether all ``rows`` are within the tolerance; if not, where they first leave it."""
    largest = float(rows["off"].max())
    numbers = {"off": largest, "tolerance": tolerance}
    outside = rows[~(rows["off"] <= tolerance)]
    if outside.empty:
        return Finding(rule, problem, "exact", Found.HELD, f"largest difference {largest:.1e}", numbers)
    first = outside[outside["step"] == outside["step"].min()].nlargest(1, "off").iloc[0]
    began = " before any update: the problem itself is another" if first["step"] == 0 else ""
    said = (
        f"step {first['step']}, seed {first['seed']}: {first['metric']} {first['value']:.7g}, accepted "
        f"{first['accepted']:.7g}, off by {first['off']:.1e} (allowed {tolerance:.0e}){began}"
    )
    return Finding(rule, problem, "exact", Found.WORSE, said, {**numbers, "step": float(first["step"])})
