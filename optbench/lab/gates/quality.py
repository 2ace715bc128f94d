"""Stage two of the learning gate: the quality of runs at their end, seed by seed, regardless of rounding.

Two one-sided tests show that the mean difference over seeds is within a margin. An exact one-sided test compares how
many seeds reach their target. Neither requires equal numbers, so a change of rounding passes and a change of quality
does not.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from optbench.analysis.formatting import pluralize
from optbench.analysis.metrics import Numbers, lower_is_better
from optbench.analysis.statistics import mean_interval
from optbench.lab.gates.exact import match_numbers
from optbench.lab.gates.findings import GateFinding, Outcome
from optbench.lab.gates.problems import FinalMetric, FinalTarget, GateProblem

ALPHA = 0.05  # level of each one-sided test
FEWEST_SEEDS = 5  # with fewer, the exact test cannot reject: 2^-4 > 0.05


def compare_quality(base: pd.DataFrame, head: pd.DataFrame, problem: GateProblem) -> list[GateFinding]:
    """Findings on one problem for each rule that both sides have.

    Args:
        base: ``rule, problem, seed, step, metric, value``, the accepted numbers.
        head: the same columns, the present numbers.
        problem: the problem, with the metrics that are compared at the end of its runs.
    """
    both = match_numbers(base, head)
    last = both[(both["problem"] == problem.name) & (both["step"] == problem.config.budget.steps)]
    findings = []
    for rule, of_rule in last.groupby("rule", sort=False):
        for final in problem.finals:
            rows = of_rule[of_rule["metric"] == f"{final.split} {final.metric}"]
            findings.append(judge_equivalence(str(rule), problem.name, rows, final))
        rows = of_rule[of_rule["metric"] == f"{problem.target.split} {problem.target.metric}"]
        findings.append(judge_successes(str(rule), problem.name, rows, problem.target))
    return findings


def judge_equivalence(rule: str, problem: str, rows: pd.DataFrame, final: FinalMetric) -> GateFinding:
    """Two one-sided tests that the mean of the differences, seed by seed, is within the margin.

    Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach", 1987.
    """
    what = f"{final.split} {final.metric} at step {rows['step'].iloc[0]}" if len(rows) else final.metric
    lost = paired_differences(rows, final)
    mean, low, high = mean_interval(lost, level=1 - 2 * ALPHA)
    numbers = {"mean": mean, "low": low, "high": high, "margin": final.margin, "seeds": float(len(rows))}

    def finding(outcome: Outcome, text: str) -> GateFinding:
        return GateFinding(rule, problem, "quality", outcome, f"{what}: {text}", numbers)

    if len(rows) < FEWEST_SEEDS:
        return finding(Outcome.UNCLEAR, f"too few seeds: {len(rows)}, at least {FEWEST_SEEDS} are needed")
    if not math.isfinite(mean):
        return finding(*judge_divergence(lost))
    margin = format_difference(final.margin, final)
    text = f"{format_difference(mean, final)} ({format_difference(low, final)} to {format_difference(high, final)})"
    if high < final.margin:
        return finding(Outcome.HELD if low > -final.margin else Outcome.BETTER, text)
    if mean > final.margin and low > 0:
        return finding(Outcome.WORSE, f"{text}, worse than the allowed {margin}")
    return finding(Outcome.UNCLEAR, f"{text}, neither inside nor beyond the allowed {margin}")


def paired_differences(rows: pd.DataFrame, final: FinalMetric) -> Numbers:
    """Present minus accepted cost of each seed, on the scale of the margin; 0 if both diverged."""
    now, accepted = (costs(rows[side], final) for side in ("value", "accepted"))
    with np.errstate(invalid="ignore"):
        return np.where(now == accepted, 0.0, now - accepted)


def judge_divergence(lost: Numbers) -> tuple[Outcome, str]:
    """The outcome if some runs diverged on one side only, so that there is no mean."""
    more, fewer = int(np.isposinf(lost).sum()), int(np.isneginf(lost).sum())
    text = f"diverged now and not before: {pluralize(more, 'seed')}; before and not now: {fewer}"
    if sign_test(more, fewer) < ALPHA:
        return Outcome.WORSE, text
    return (Outcome.UNCLEAR if more else Outcome.BETTER), text


def sign_test(lost: int, won: int) -> float:
    """The probability of at least ``lost`` losses among the changed seeds, if each were a fair coin flip."""
    return float(stats.binom.sf(lost - 1, lost + won, 0.5)) if lost + won else 1.0


def costs(values: pd.Series, final: FinalMetric) -> Numbers:
    """Values as costs on the scale of the margin: the logarithm of a loss, or minus an accuracy."""
    x = values.to_numpy(float)
    cost: Numbers = np.log(np.maximum(x, final.floor)) if lower_is_better(final.metric) else -x
    return cost


def format_difference(difference: float, final: FinalMetric) -> str:
    """A difference of costs: percent of a loss, percentage points of an accuracy."""
    if lower_is_better(final.metric):
        return f"{100 * math.expm1(difference):+.2g} %"
    return f"{-100 * difference:+.2g} points"


def judge_successes(rule: str, problem: str, rows: pd.DataFrame, target: FinalTarget) -> GateFinding:
    """One-sided exact test on the seeds that reach the target on one side only.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947, exact form.
    """
    reached = [reaches(rows[side], target) for side in ("value", "accepted")]
    now, before = (int(side.sum()) for side in reached)
    lost, won = int((reached[1] & ~reached[0]).sum()), int((reached[0] & ~reached[1]).sum())
    p_value = sign_test(lost, won)
    wanted = f"{target.split} {target.metric} {target.value:g}"
    text = f"{now} of {pluralize(len(rows), 'seed')} reach {wanted}, accepted {before}"
    numbers = {"reached": float(now), "accepted": float(before), "p_value": p_value, "seeds": float(len(rows))}
    outcome = Outcome.WORSE if p_value < ALPHA else Outcome.HELD
    if len(rows) < FEWEST_SEEDS:
        outcome = Outcome.UNCLEAR
    return GateFinding(rule, problem, "success", outcome, text, numbers)


def reaches(values: pd.Series, target: FinalTarget) -> NDArray[np.bool_]:
    """Whether each run ends at the target or beyond."""
    x = values.to_numpy(float)
    reached: NDArray[np.bool_] = x <= target.value if lower_is_better(target.metric) else x >= target.value
    return reached
