"""Stage one of the learning gate: compare number by number, on every machine.

The losses of the first steps on each problem, and the numbers of trajectories, must be within a tolerance of the
accepted ones. The tolerance of a number is a floor, or :data:`FACTOR` times its spread over environments (threads, XLA,
instruction sets, versions of Python) if that is larger. Rounding stays within it; a change of the mathematics does not.
Numbers whose tolerance would exceed :data:`UNSTABLE` are not compared.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from optbench.analysis.metrics import Numbers
from optbench.lab.gates.findings import GateFinding, Outcome
from optbench.lab.gates.learning import EARLY
from optbench.lab.gates.trajectory_numbers import ANGLE, KEYS, STREAM

LOSSES, SINGLE, DOUBLE = 5e-5, 1e-5, 1e-9  # floors of tolerances: of early losses, of trajectories in both precisions
FACTOR = 10.0  # factor on the largest difference between environments
UNSTABLE = 5e-3  # numbers with a larger tolerance would not reveal an error of one percent
SMALLEST = 1e-3  # losses are compared relative to their size, but at least to this fraction of the first


def compare_exactly(base: pd.DataFrame, head: pd.DataFrame, early: Collection[int]) -> list[GateFinding]:
    """A finding for each pair of rule and problem, or rule and stream, that both sides have.

    Args:
        base: ``rule, problem, seed, step, metric, value, spread``, the accepted numbers.
        head: ``rule, problem, seed, step, metric, value``, the present numbers.
        early: the steps at which losses are compared.
    """
    both = match_numbers(base, head)
    compared = both[is_compared(both, early)]
    compared = compared.assign(allowed=tolerances(compared))
    return [
        judge_numbers(str(rule), str(problem), rows)
        for (rule, problem), rows in compared.groupby(["rule", "problem"], sort=False)
    ]


def is_compared(rows: pd.DataFrame, early: Collection[int]) -> pd.Series:
    """Whether this stage compares each row: early losses and trajectories."""
    return ((rows["metric"] == EARLY) & rows["step"].isin(early)) | rows["problem"].str.startswith(STREAM)


def tolerances(rows: pd.DataFrame) -> Numbers:
    """The largest permitted relative difference of each number."""
    in_double = rows["problem"].str.endswith("float64").to_numpy(bool)
    floors = np.where(rows["metric"] == EARLY, LOSSES, np.where(in_double, DOUBLE, SINGLE))
    spread = rows["spread"].fillna(0.0).to_numpy(float) if "spread" in rows else np.zeros(len(rows))
    return np.maximum(floors, FACTOR * spread)


def match_numbers(base: pd.DataFrame, head: pd.DataFrame) -> pd.DataFrame:
    """The numbers that both sides have: ``value`` (present), ``accepted``, and their relative difference ``off``."""
    both = head.merge(base.rename(columns={"value": "accepted"}), on=KEYS)
    first = both[both["step"] == 0].set_index(["rule", "problem", "seed", "metric"])["accepted"]
    at_first = both.set_index(["rule", "problem", "seed", "metric"]).index.map(first.to_dict())
    smallest = SMALLEST * pd.Series(at_first, both.index, dtype=float).fillna(0.0)
    smallest = smallest.where(both["metric"] != ANGLE, 1.0)  # a cosine is compared as it is
    return both.assign(off=relative_differences(both["value"], both["accepted"], smallest))


def relative_differences(value: pd.Series, accepted: pd.Series, smallest: pd.Series) -> Numbers:
    """``|value - accepted|`` relative to ``accepted`` or ``smallest``; 0 if they are equal, even if infinite."""
    with np.errstate(all="ignore"):
        off = np.abs(value - accepted) / np.maximum(np.abs(accepted), smallest)
    return np.where(value == accepted, 0.0, np.where(np.isfinite(off), off, np.inf))


def judge_numbers(rule: str, problem: str, rows: pd.DataFrame) -> GateFinding:
    """Whether all stable numbers are within their tolerances. If not, the finding names the first step that is not."""
    stable = rows[rows["allowed"] <= UNSTABLE]
    numbers = {"compared": float(len(stable)), "unstable": float(len(rows) - len(stable))}
    if stable.empty:
        return GateFinding(rule, problem, "exact", Outcome.LEFT_OUT, "all numbers are unstable", numbers)
    numbers |= {"off": float(stable["off"].max()), "tolerance": float(stable["allowed"].max())}
    outside = stable[~(stable["off"] <= stable["allowed"])]
    if outside.empty:
        return GateFinding(rule, problem, "exact", Outcome.HELD, f"largest difference {numbers['off']:.1e}", numbers)
    first = outside[outside["step"] == outside["step"].min()].nlargest(1, "off").iloc[0]
    problem_changed = ", before any update: the problem itself has changed" if first["step"] == 0 else ""
    which = "parameter" if problem.startswith(STREAM) else "seed"
    text = (
        f"step {first['step']}, {which} {first['seed']}: {first['metric']} {first['value']:.7g}, accepted "
        f"{first['accepted']:.7g}, relative difference {first['off']:.1e} (allowed {first['allowed']:.0e})"
        f"{problem_changed}"
    )
    return GateFinding(rule, problem, "exact", Outcome.WORSE, text, {**numbers, "step": float(first["step"])})
