"""Compare two studies, before and after a change, in pairs of runs with the same problem, setting and seed."""

import numpy as np
import pandas as pd

from optbench.analysis.metrics import cost_sign
from optbench.analysis.paired_comparison import COLUMNS, compare_with_baseline, paired_differences, wide_costs
from optbench.analysis.significance import ALPHA, holm_correction, min_pairs
from optbench.analysis.values import concat_tables
from optbench.spec.metrics import NOTHING_DECLARED, Declared

BEFORE, AFTER = "before", "after"
KEYS = ["problem", "setting"]


def compare_before_after(
    before: pd.DataFrame, after: pd.DataFrame, declared: Declared = NOTHING_DECLARED
) -> pd.DataFrame:
    """Compare the settings that both studies have.

    Args:
        before: values of the deciding metric, one row per run: ``problem, setting, seed, metric, value, diverged``.
        after: the same of the other study.
        declared: directions and ranges of metrics by name.

    Returns:
        One row per problem and setting: ``setting``, the columns of :func:`compare_with_baseline` with the study before
        as the baseline, and ``before, after``, the medians over seeds, and ``equal``, the number of pairs with the same
        value. A setting whose pairs are all equal did not change. It is not tested, its ``p_holm`` is NaN, and the
            p-values of the other rows are not corrected for it.
    """
    both = pd.concat([before.assign(contender=BEFORE), after.assign(contender=AFTER)])
    groups = [group.assign(problem=problem) for (problem, _), group in both.groupby(KEYS, sort=False)]
    common = [group for group in groups if group["contender"].nunique() == 2]
    parts = [
        compare_with_baseline(group, BEFORE, declared=declared).assign(
            setting=group["setting"].iloc[0],
            equal=count_equal(group, declared),
            **group.groupby("contender")["value"].median().to_dict(),
        )
        for group in common
    ]
    table = concat_tables(parts, ["setting", *COLUMNS, "equal", BEFORE, AFTER])
    if table.empty:
        return table
    changed = ((table["equal"] < table["pairs"]) & (table["pairs"] > 0)).to_numpy()
    needed = min_pairs(max(1, int(changed.sum())))
    p_holm = np.full(len(table), np.nan)
    p_holm[changed] = holm_correction(table["p_value"].to_numpy(float)[changed])
    significant = (p_holm <= ALPHA) & (table["pairs"] >= needed)
    return table.assign(p_holm=p_holm, seeds_needed=needed, mark=table["mark"].where(significant, ""))


def count_equal(values: pd.DataFrame, declared: Declared) -> int:
    """Return the number of pairs of one setting that have the same value before and after.

    Args:
        values: the values of both studies, with the column ``contender``.
        declared: directions and ranges of metrics by name.
    """
    costs = wide_costs(values, cost_sign(str(values["metric"].iloc[0]), declared))
    return int((paired_differences(costs[AFTER].to_numpy(), costs[BEFORE].to_numpy()) == 0).sum())
