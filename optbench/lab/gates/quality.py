"""Stage two of the learning gate: how well runs end, seed by seed, whatever the rounding.

Equivalence is shown by two one-sided tests of the mean difference over seeds within a margin; how many seeds reach
their target, by an exact one-sided test of those that only one side reached. Neither asks for the same numbers, so a
change of rounding passes and a change of quality does not.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from optbench.analysis.metrics import Numbers, lower_is_better
from optbench.analysis.statistics import mean_interval
from optbench.lab.gates.exact import together
from optbench.lab.gates.findings import Finding, Found
from optbench.lab.gates.problems import Final, Gated, Target

ALPHA = 0.05  # of each one-sided test
FEWEST_SEEDS = 5  # below, the exact test cannot reject whatever happens: 2^-4 > 0.05


def quality(base: pd.DataFrame, head: pd.DataFrame, problem: Gated) -> list[Finding]:
    """Findings for each rule that both have, on one problem.

    Args:
        base: ``rule, problem, seed, step, metric, value``, the accepted numbers.
        head: the same of what is there now.
        problem: how its ends are compared.
    """
    both = together(base, head)
    last = both[(both["problem"] == problem.name) & (both["step"] == problem.config.budget.steps)]
    findings = []
    for rule, of_rule in last.groupby("rule", sort=False):
        for final in problem.finals:
            rows = of_rule[of_rule["metric"] == f"{final.split} {final.metric}"]
            findings.append(equivalence(str(rule), problem.name, rows, final))
        rows = of_rule[of_rule["metric"] == f"{problem.target.split} {problem.target.metric}"]
        findings.append(successes(str(rule), problem.name, rows, problem.target))
    return findings


def equivalence(rule: str, problem: str, rows: pd.DataFrame, final: Final) -> Finding:
    """Two one-sided tests of the mean of ``rows``' differences, seed by seed, within the margin.

    Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach", 1987.
    """
    what = f"{final.split} {final.metric} at step {rows['step'].iloc[0]}" if len(rows) else final.metric
    lost = differences(rows, final)
    mean, low, high = mean_interval(lost, level=1 - 2 * ALPHA)
    numbers = {"mean": mean, "low": low, "high": high, "margin": final.margin, "seeds": float(len(rows))}

    def finding(found: Found, said: str) -> Finding:
        return Finding(rule, problem, "quality", found, f"{what}: {said}", numbers)

    if len(rows) < FEWEST_SEEDS:
        return finding(Found.UNCLEAR, f"{len(rows)} seeds are too few to tell; it takes {FEWEST_SEEDS}")
    if not math.isfinite(mean):
        return finding(*diverged(lost))
    seen = f"{in_words(mean, final)} ({in_words(low, final)} to {in_words(high, final)})"
    if high < final.margin:
        return finding(Found.HELD if low > -final.margin else Found.BETTER, seen)
    if mean > final.margin and low > 0:
        return finding(Found.WORSE, f"{seen}, worse than the {in_words(final.margin, final)} allowed")
    return finding(Found.UNCLEAR, f"{seen}, neither inside nor beyond the {in_words(final.margin, final)} allowed")


def differences(rows: pd.DataFrame, final: Final) -> Numbers:
    """Now less accepted, seed by seed, on the scale on which the margin is; 0 where both diverged."""
    now, accepted = (costs(rows[side], final) for side in ("value", "accepted"))
    with np.errstate(invalid="ignore"):
        return np.where(now == accepted, 0.0, now - accepted)


def diverged(lost: Numbers) -> tuple[Found, str]:
    """The verdict where some runs diverged on one side only, so that there is no mean."""
    more, fewer = int(np.isposinf(lost).sum()), int(np.isneginf(lost).sum())
    said = f"{more} seeds diverged that did not, {fewer} that did diverged no more"
    if sign_test(more, fewer) < ALPHA:
        return Found.WORSE, said
    return (Found.UNCLEAR if more else Found.BETTER), said


def sign_test(lost: int, won: int) -> float:
    """The probability of so many losses or more among so many seeds that changed, if each was a fair coin."""
    return float(stats.binom.sf(lost - 1, lost + won, 0.5)) if lost + won else 1.0


def costs(values: pd.Series, final: Final) -> Numbers:
    """Values as costs whose differences count: the logarithm of a loss, an accuracy with its sign turned."""
    x = values.to_numpy(float)
    cost: Numbers = np.log(np.maximum(x, final.floor)) if lower_is_better(final.metric) else -x
    return cost


def in_words(difference: float, final: Final) -> str:
    """A difference of costs: percent of a loss, percentage points of an accuracy."""
    if lower_is_better(final.metric):
        return f"{100 * math.expm1(difference):+.2g} %"
    return f"{-100 * difference:+.2g} points"


def successes(rule: str, problem: str, rows: pd.DataFrame, target: Target) -> Finding:
    """One-sided exact test on the seeds that reach the target on one side only.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947, exact form.
    """
    reached = [reaches(rows[side], target) for side in ("value", "accepted")]
    now, before = (int(side.sum()) for side in reached)
    lost, won = int((reached[1] & ~reached[0]).sum()), int((reached[0] & ~reached[1]).sum())
    p_value = sign_test(lost, won)
    said = f"{now} of {len(rows)} seeds reach {target.split} {target.metric} {target.value:g}, accepted {before}"
    numbers = {"reached": float(now), "accepted": float(before), "p_value": p_value, "seeds": float(len(rows))}
    found = Found.WORSE if p_value < ALPHA else Found.HELD
    if len(rows) < FEWEST_SEEDS:
        found = Found.UNCLEAR
    return Finding(rule, problem, "success", found, said, numbers)


def reaches(values: pd.Series, target: Target) -> NDArray[np.bool_]:
    """Which runs end at the target or beyond."""
    x = values.to_numpy(float)
    reached: NDArray[np.bool_] = x <= target.value if lower_is_better(target.metric) else x >= target.value
    return reached
