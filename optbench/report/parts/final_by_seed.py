"""The last values of single runs, a dot a seed."""

from functools import partial

import pandas as pd

from optbench.analysis import present
from optbench.report.blocks import Drawing, Part, View
from optbench.report.figures.final import final_values
from optbench.report.scope import Scope

HOW = "A dot is one seed; the box spans 25 to 75 %, its line is the median. Diverged runs are counted beside the name."


def part(scope: Scope) -> Part | None:
    """A drawing for each metric on the splits that judge; None where every run diverged."""
    if scope.summary.empty:
        return None
    values = scope.final[scope.final["setting"].isin(scope.chosen["setting"])]
    of_key = dict(iter(values.groupby(["metric", "split"], sort=False)))
    drawings = [drawing(scope, of_key[key]) for key in scope.judging if not of_key[key]["diverged"].all()]
    return Part("Final values by seed", views=[View("", drawings)]) if drawings else None


def drawing(scope: Scope, values: pd.DataFrame) -> Drawing:
    """One metric on one split."""
    diverged = values.groupby("setting")["diverged"].sum()
    names = {setting: f"{setting} ({count} diverged)" if count else setting for setting, count in diverged.items()}
    there = values[~values["diverged"]]
    there = there.assign(label=there["setting"].map(names))
    metric, split = values["metric"].iloc[0], values["split"].iloc[0]
    medians = there.groupby("label", sort=False)["value"].median()
    words = ", ".join(f"{label} {present.metric_value(metric, v)}" for label, v in medians.items())
    return Drawing(
        name=f"{scope.prefix}-final-{split}-{metric}",
        title=f"{split} {metric}",
        how=HOW,
        words=f"at the end, a dot a seed. Medians: {words}.",
        data=values[["setting", "seed", "split", "metric", "value", "diverged"]],
        draw=partial(final_values, there, scope.shades),
    )
