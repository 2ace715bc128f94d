"""What tuning may be expected to find, with so many trials."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import present
from optbench.analysis.metrics import lower_is_better
from optbench.analysis.sensitivity import TRIED, expected_best
from optbench.analysis.values import run_values, stacked
from optbench.report.blocks import Drawing, Key, Part, View
from optbench.report.figures.bands import against
from optbench.report.scope import Scope

NOTE = (
    "The best {split} loss to be expected of so many trials, over all ways to draw them from those that were made. An "
    "optimizer whose curve is flat early is easy to tune."
)
HOW = "Line: expectation; band: 10 to 90 % of draws."


def part(scope: Scope) -> Part | None:
    """A drawing; None where nothing was tuned by two trials or more, or all diverged."""
    table = curves(scope)
    table = table[table["optimizer"].isin(scope.optimizer_shades)]
    if not np.isfinite(table["expected"].astype(float)).any():
        return None
    colors = {str(name): scope.optimizer_shades[name] for name in dict.fromkeys(table["optimizer"])}
    drawn = table.rename(columns={"optimizer": "name", "expected": "value"})
    last = table.groupby("optimizer", sort=False).last()
    words = ", ".join(f"{name} {present.number(row.expected)} of {row.trials}" for name, row in last.iterrows())
    drawing = Drawing(
        f"{scope.prefix}-tuning", "expected best by trials", HOW, f"{words}.", table,
        partial(against, drawn, "trials", "trials", colors),
    )  # fmt: skip
    note = NOTE.format(split=scope.chosen_on)
    legend = [Key(color, name) for name, color in colors.items()]
    return Part("Tuning", note=note, legend=legend, views=[View("", [drawing])])


def curves(scope: Scope) -> pd.DataFrame:
    """``optimizer, trials, expected, low, high`` of each optimizer that was tuned."""
    trials = run_values([m for m in scope.data.trial_matrices if m.problem == scope.problem and m.metric == "loss"])
    of_split = trials[trials["split"] == scope.chosen_on]
    medians = of_split.groupby(["optimizer", "setting"], sort=False)["value"].median()
    parts = [
        expected_best(scores.to_list(), lower_is_better("loss")).assign(optimizer=name)
        for name, scores in medians.groupby(level="optimizer", sort=False)
        if len(scores) > 1
    ]
    return stacked(parts, TRIED)
