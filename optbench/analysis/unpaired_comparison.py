"""Compare two contenders whose runs are not paired, as independent samples."""

from typing import Any

import numpy as np

from optbench.analysis.formatting import pluralize
from optbench.analysis.metrics import Numbers
from optbench.analysis.rank_sum import SampleTest, can_differ, min_runs, rank_sum_test, welch_interval


def compare_samples(one: Numbers, other: Numbers) -> SampleTest:
    """Return the rank-sum test of the costs of two contenders.

    Args:
        one: (n,), infinite for diverged runs, NaN for missing ones.
        other: (m,), infinite for diverged runs, NaN for missing ones.
    """
    return rank_sum_test(one[~np.isnan(one)], other[~np.isnan(other)])


def unpaired_row(costs: Numbers, baseline: Numbers, sign: float, comparisons: int) -> dict[str, Any]:
    """Return the comparison of a contender with the baseline, without the correction of its p-value.

    Args:
        costs: (n,), costs of the contender, infinite for diverged runs, NaN for missing ones.
        baseline: (m,), costs of the baseline, in the same form.
        sign: converts a cost back to the unit of the metric.
        comparisons: the number of comparisons for which p-values are corrected.

    Returns:
        The columns of :func:`optbench.analysis.paired_comparison.compare_with_baseline` that differ from those of a
        paired comparison.
    """
    one, other = costs[~np.isnan(costs)], baseline[~np.isnan(baseline)]
    test = rank_sum_test(one, other)
    difference, low, high = welch_interval(sign * one, sign * other)
    return {
        "pairs": len(one) * len(other),
        "difference": difference,
        "low": low,
        "high": high,
        "p_value": test.p_value,
        "improvement": test.share,
        "seeds_needed": min_runs(comparisons),
        "mark": "better" if test.sign < 0 else "worse",
        "note": describe_too_few_runs(len(one), len(other), comparisons),
        "is_paired": False,
    }


def describe_too_few_runs(n: int, m: int, comparisons: int) -> str:
    """Return a sentence on how many runs are needed if n and m are too few, otherwise an empty string."""
    if can_differ(n, m, comparisons):
        return ""
    runs, tests = pluralize(min(n, m), "run"), pluralize(comparisons, "comparison")
    return f"{runs} of each cannot show a difference in {tests}: it takes {min_runs(comparisons)}."
