"""The expected best score of tuning by the number of trials."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import tables
from optbench.analysis.formatting import format_number
from optbench.analysis.sensitivity import EXPECTED_COLUMNS, expected_best_score
from optbench.analysis.values import concat_tables, run_values
from optbench.report.blocks import Body, Drawing, LegendEntry, Part, View
from optbench.report.figures.bands import plot_bands
from optbench.report.scope import Scope

NOTE = (
    "The expected best {decision} after a number of trials, over all ways to draw them from the trials that were made. "
    "An optimizer whose curve becomes flat early is easy to tune."
)
CAPTION = "Line: expectation; band: 10 to 90 % of draws."


def part(scope: Scope) -> Part | None:
    """Return the part, or None unless an optimizer was tuned with two or more trials that did not all diverge."""
    table = tuning_curves(scope)
    table = table[table["optimizer"].isin(scope.optimizer_colors)]
    if not np.isfinite(table["expected"].astype(float)).any():
        return None
    colors = {str(name): scope.optimizer_colors[name] for name in dict.fromkeys(table["optimizer"])}
    bands = table.rename(columns={"optimizer": "name", "expected": "value"})
    last = table.groupby("optimizer", sort=False).last()
    words = ", ".join(
        f"{name} {format_number(row.expected)} after {row.trials} trials" for name, row in last.iterrows()
    )
    drawing = Drawing(
        f"{scope.prefix}-tuning", "expected best by trials", CAPTION, f"{words}.", table,
        partial(plot_bands, bands, "trials", "trials", colors),
    )  # fmt: skip
    note = NOTE.format(decision=scope.decision)
    legend = [LegendEntry(color, name, name) for name, color in colors.items()]
    return Part("tuning", "Tuning", Body(note=note, legend=legend, views=[View("", [drawing])]))


def tuning_curves(scope: Scope) -> pd.DataFrame:
    """Return ``optimizer, trials, expected, low, high`` for each tuned optimizer."""
    data = scope.data
    trials = run_values([matrix for matrix in data.trial_matrices if matrix.problem == scope.problem])
    selected = tables.deciding_values(trials, data.decide)
    medians = selected.groupby(["optimizer", "setting"], sort=False)["value"].median()
    parts = [
        expected_best_score(scores.to_list(), data.decides_by_lower).assign(optimizer=name)
        for name, scores in medians.groupby(level="optimizer", sort=False)
        if len(scores) > 1
    ]
    return concat_tables(parts, EXPECTED_COLUMNS)
