"""The sensitivity to the learning rate."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import sensitivity
from optbench.analysis.formatting import format_metric, pluralize
from optbench.analysis.metrics import cost_sign
from optbench.analysis.rate_range import RateRange, good_rates
from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.figures.bands import plot_bands
from optbench.report.rates import start_value, values_by_rate
from optbench.report.scope import Scope

NOTE = (
    "The {point} {decision} at each learning rate, {tried}.{of} Good rates are those around "
    "the best that keep 95 % of the improvement of their optimizer from step 0 to the best; no rate between those that "
    "were tried is known. {border}"
)
CAPTION = "Dot: median over seeds; band: 25 to 75 %. A rate has no dot if most of its runs diverged."
OF_TRIALS = (
    " These are the trials of tuning: other runs than those of the leaderboard, with {seeds} each, so their order can "
    "differ."
)
OF_SPLITS = "Each split of the data was tuned separately; the rates of all splits are shown."
COLUMNS = ["optimizer", "best rate", "median", "good rates", "diverges from"]


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a drawing, or None if no optimizer has three learning rates."""
    by_rate = values_by_rate(scope)
    if by_rate is None:
        return None
    table, metric, of_trials = by_rate
    declared, lower = scope.data.declared, scope.data.decides_by_lower
    border = sensitivity.optimizers_at_border(table, metric, declared)
    words = f"The best rate of {', '.join(border)} is at the border of the range." if border else ""
    note = NOTE.format(
        point=scope.point,
        decision=scope.decision,
        tried=describe_tried(table),
        of=describe_trials(scope, int(table["runs"].max())) if of_trials else "",
        border=words,
    )
    start, sign = start_value(scope), cost_sign(metric, declared)
    groups = dict(iter(table.groupby("optimizer", sort=False)))
    order = [name for name in dict.fromkeys(scope.ranked["optimizer"]) if name in groups]
    rows = [Row(str(name), cells(groups[name], good_rates(groups[name], start, sign), metric, lower)) for name in order]
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
    """Return sentences on the trials: that they are separate runs, and that each split of the data has its own."""
    text = OF_TRIALS.format(seeds=pluralize(runs, "seed"))
    return f"{text} {OF_SPLITS}" if runs < len(scope.split_seeds) else text


def describe_tried(table: pd.DataFrame) -> str:
    """Return the number of learning rates tried, and their range."""
    rates = table["learning_rate"]
    return f"{rates.nunique()} rates from {rates.min():.3g} to {rates.max():.3g}"


def cells(group: pd.DataFrame, good: RateRange | None, metric: str, lower: bool) -> list[Cell]:
    """Return the best rate, its value, the rates that are about as good, and the lowest higher rate that diverges."""
    best = group.loc[sensitivity.best_index(group["median"], lower)]
    diverging = group[(group["diverged"] > 0) & (group["learning_rate"] > best["learning_rate"])]
    return [
        Cell(f"{best['learning_rate']:.3g}", describe_border(group, best["learning_rate"])),
        Cell(format_metric(metric, best["median"])),
        good_cell(good),
        Cell(f"{diverging['learning_rate'].min():.3g}" if len(diverging) else "none that was tried"),
    ]


def describe_border(group: pd.DataFrame, best: float) -> str:
    """State that the best rate is the lowest or highest one tried, or return an empty string."""
    rates = group["learning_rate"]
    return "the lowest tried" if best == rates.min() else "the highest tried" if best == rates.max() else ""


def good_cell(good: RateRange | None) -> Cell:
    """Return the range of good rates, and how many of the tried rates are in it."""
    if good is None:
        return Cell("unknown", "no improvement since step 0")
    rates = f"{good.low:.3g} to {good.high:.3g}" if good.low < good.high else f"{good.low:.3g}"
    return Cell(rates, f"{good.good} of {good.tried} tried")


def drawing(scope: Scope, table: pd.DataFrame, metric: str, colors: dict[str, str]) -> Drawing:
    """Return the drawing of final values over the learning rate."""
    bands = table.rename(columns={"optimizer": "name", "median": "value", "q25": "low", "q75": "high"})
    medians = table.groupby("optimizer", sort=False)["median"]
    best = table.loc[medians.idxmin() if scope.data.decides_by_lower else medians.idxmax()]
    words = ", ".join(f"{row.optimizer} best at {row.learning_rate:.3g}" for row in best.itertuples())
    draw = partial(plot_bands, bands, "learning_rate", "learning rate", colors, logarithmic_x=True)
    title = f"{scope.point} {scope.decision} by learning rate"
    return Drawing(f"{scope.prefix}-rates", title, CAPTION, f"{words}.", table, draw)
