"""Final values of single runs."""

from functools import partial

import pandas as pd

from optbench.analysis.formatting import format_metric
from optbench.report.blocks import Body, Drawing, Part, View
from optbench.report.figures.final import plot_final_values
from optbench.report.scope import Scope
from optbench.spec.splits import describe_split

CAPTION = "Each dot is a seed. The box spans 25 to 75 %, with the median as a line. The label counts diverged runs."


def part(scope: Scope) -> Part | None:
    """Return the part with a drawing per metric and split, or None if every run diverged."""
    if scope.summary.empty:
        return None
    values = scope.final[scope.final["setting"].isin(scope.figure_contenders["setting"])]
    groups = dict(iter(values.groupby(["metric", "split"], sort=False)))
    drawings = [drawing(scope, groups[key]) for key in scope.comparison_metrics if not groups[key]["diverged"].all()]
    return Part("final-by-seed", "Final values by seed", Body(views=[View("", drawings)])) if drawings else None


def drawing(scope: Scope, values: pd.DataFrame) -> Drawing:
    """Return the drawing of one metric on one split."""
    diverged = values.groupby("setting")["diverged"].sum()
    names = {setting: f"{setting} ({count} diverged)" if count else setting for setting, count in diverged.items()}
    finite = values[~values["diverged"]]
    finite = finite.assign(label=finite["setting"].map(names))
    metric, split = values["metric"].iloc[0], values["split"].iloc[0]
    medians = finite.groupby("label", sort=False)["value"].median()
    words = ", ".join(f"{label} {format_metric(metric, v)}" for label, v in medians.items())
    return Drawing(
        name=f"{scope.prefix}-final-{split}-{metric}",
        title=f"{describe_split(split)} {metric}",
        caption=CAPTION,
        description=f"at the end, a dot a seed. Medians: {words}.",
        data=values[["setting", "seed", "split", "metric", "value", "diverged"]],
        draw=partial(plot_final_values, finite, scope.colors),
    )
