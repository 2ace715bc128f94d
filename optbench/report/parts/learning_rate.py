"""The sensitivity to the learning rate."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import sensitivity
from optbench.analysis.formatting import format_metric, pluralize
from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.figures.bands import plot_bands
from optbench.report.rates import values_by_rate
from optbench.report.scope import Scope

NOTE = (
    "The {point} {split} {metric} at each learning rate, {tried}.{of} A rate is as good as the best if its value is "
    "within {margin} of the best of its optimizer. {border}"
)
CAPTION = "Dot: median over seeds; band: 25 to 75 %. A rate has no dot if most of its runs diverged."
OF_TRIALS = (
    " These are the trials of tuning: other runs than those of the leaderboard, with {seeds} each, so their order can "
    "differ."
)
OF_SPLITS = "Each split of the data was tuned by itself; the rates of all splits are shown."
COLUMNS = ["optimizer", "best rate", "median", "as good as the best", "diverges from"]


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a drawing, or None if no optimizer has three learning rates."""
    by_rate = values_by_rate(scope)
    if by_rate is None:
        return None
    table, metric, of_trials = by_rate
    declared, lower = scope.data.declared, scope.data.decides_by_lower
    border = sensitivity.optimizers_at_border(table, metric, declared)
    words = f"The best rate of {', '.join(border)} is at the border of the range." if border else ""
    margin = "5 %" if lower else "1 percentage point" if metric.endswith("accuracy") else "0.01"
    note = NOTE.format(
        point=scope.point,
        split=scope.deciding_split,
        metric=metric,
        tried=describe_tried(table),
        of=describe_trials(scope, int(table["runs"].max())) if of_trials else "",
        margin=margin,
        border=words,
    )
    near = sensitivity.share_near_best(table, metric, declared)
    groups = dict(iter(table.groupby("optimizer", sort=False)))
    order = [name for name in dict.fromkeys(scope.ranked["optimizer"]) if name in groups]
    rows = [Row(str(name), cells(groups[name], float(near[name]), metric, lower)) for name in order]
    in_figure = table[table["optimizer"].isin(scope.optimizer_colors)]
    colors = {str(name): scope.optimizer_colors[name] for name in dict.fromkeys(in_figure["optimizer"])}
    body = Body(
        note=note.strip(),
        tables=[Table(f"Sensitivity of the {scope.decision}", COLUMNS, rows)],
        legend=[LegendEntry(color, name, name) for name, color in colors.items()],
        views=[View("", [drawing(scope, in_figure, metric, colors)])] if np.isfinite(in_figure["median"]).any() else [],
    )
    return Part("learning-rate", "Learning rate", body)


def describe_trials(scope: Scope, runs: int) -> str:
    """Return sentences on the trials: that they are other runs, and that each split of the data has its own."""
    text = OF_TRIALS.format(seeds=pluralize(runs, "seed"))
    return f"{text} {OF_SPLITS}" if runs < len(scope.split_seeds) else text


def describe_tried(table: pd.DataFrame) -> str:
    """Return how many learning rates were tried, and between which ends."""
    rates = table["learning_rate"]
    return f"{rates.nunique()} rates from {rates.min():.3g} to {rates.max():.3g}"


def cells(group: pd.DataFrame, near: float, metric: str, lower: bool) -> list[Cell]:
    """Return the best rate, its value, the share of equally good rates, and the lowest rate above it that diverges."""
    best = group.loc[sensitivity.best_index(group["median"], lower)]
    diverging = group[(group["diverged"] > 0) & (group["learning_rate"] > best["learning_rate"])]
    return [
        Cell(f"{best['learning_rate']:.3g}"),
        Cell(format_metric(metric, best["median"])),
        Cell(f"{100 * near:.0f} % of {len(group)}"),
        Cell(f"{diverging['learning_rate'].min():.3g}" if len(diverging) else "none that was tried"),
    ]


def drawing(scope: Scope, table: pd.DataFrame, metric: str, colors: dict[str, str]) -> Drawing:
    """Return the drawing of final values over the learning rate."""
    bands = table.rename(columns={"optimizer": "name", "median": "value", "q25": "low", "q75": "high"})
    medians = table.groupby("optimizer", sort=False)["median"]
    best = table.loc[medians.idxmin() if scope.data.decides_by_lower else medians.idxmax()]
    words = ", ".join(f"{row.optimizer} best at {row.learning_rate:.3g}" for row in best.itertuples())
    draw = partial(plot_bands, bands, "learning_rate", "learning rate", colors, logarithmic_x=True)
    title = f"{scope.point} {scope.decision} by learning rate"
    return Drawing(f"{scope.prefix}-rates", title, CAPTION, f"{words}.", table, draw)
