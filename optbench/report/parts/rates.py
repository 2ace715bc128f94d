"""How much the learning rate matters."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import present, sensitivity
from optbench.analysis.sensitivity import RATE
from optbench.analysis.values import run_values
from optbench.report.blocks import Cell, Drawing, Key, Part, Row, Table, View
from optbench.report.figures.bands import against
from optbench.report.scope import Scope

NOTE = (
    "The final {split} {metric} at each learning rate{of}. The share as good as the best counts those within "
    "{margin} of the optimizer's best; the larger it is, the less tuning the optimizer takes. {border}"
)
HOW = "Dot: median over seeds; band: 25 to 75 %. Where most runs diverged there is no dot."
COLUMNS = ["optimizer", "best rate", "at it", "as good as the best", "diverges from"]


def part(scope: Scope) -> Part | None:
    """A table and a drawing; None where no optimizer had three learning rates."""
    found = rated(scope)
    if found is None:
        return None
    table, metric, of_trials = found
    border = sensitivity.at_border(table, metric)
    words = f"The best of {', '.join(border)} lies at the border of what was tried." if border else ""
    margin = "5 %" if metric.endswith("loss") else "1 percentage point"
    note = NOTE.format(
        split=scope.chosen_on, metric=metric, of=" that tuning tried" if of_trials else "", margin=margin, border=words
    )
    near = sensitivity.near_best(table, metric)
    groups = table.groupby("optimizer", sort=False)
    rows = [Row(str(name), cells(group, float(near[name]), metric)) for name, group in groups]
    drawn = table[table["optimizer"].isin(scope.optimizer_shades)]
    colors = {str(name): scope.optimizer_shades[name] for name in dict.fromkeys(drawn["optimizer"])}
    return Part(
        "Learning rate",
        note=note.strip(),
        tables=[Table(f"Sensitivity of the {scope.chosen_on} {metric}", COLUMNS, rows)],
        legend=[Key(color, name) for name, color in colors.items()],
        views=[View("", [drawing(scope, drawn, metric, colors)])] if np.isfinite(drawn["median"]).any() else [],
    )


def rated(scope: Scope) -> tuple[pd.DataFrame, str, bool] | None:
    """Values by learning rate, the metric, and whether they are of trials; the trials' where tuning tried some."""
    data = scope.data
    trials = [m for m in data.trial_matrices if m.problem == scope.problem]
    for final, runs in ((run_values(trials), data.trials), (scope.final, data.runs)):
        if final.empty or RATE not in runs:
            continue
        of_split = final[(final["split"] == scope.chosen_on) & (final["metric"] == "loss")]
        table = sensitivity.by_rate(of_split, runs)
        if len(table):
            return table, "loss", runs is data.trials
    return None


def cells(group: pd.DataFrame, near: float, metric: str) -> list[Cell]:
    """The best rate, the value there, how many are as good, and where the optimizer breaks."""
    best = group.loc[group["median"].idxmin()]
    broken = group[(group["diverged"] > 0) & (group["learning_rate"] > best["learning_rate"])]
    return [
        Cell(f"{best['learning_rate']:.3g}"),
        Cell(present.metric_value(metric, best["median"])),
        Cell(f"{100 * near:.0f} % of {len(group)}"),
        Cell(f"{broken['learning_rate'].min():.3g}" if len(broken) else "–"),
    ]


def drawing(scope: Scope, table: pd.DataFrame, metric: str, colors: dict[str, str]) -> Drawing:
    """The final value against the learning rate."""
    drawn = table.rename(columns={"optimizer": "name", "median": "value", "q25": "low", "q75": "high"})
    best = table.loc[table.groupby("optimizer", sort=False)["median"].idxmin()]
    words = ", ".join(f"{row.optimizer} best at {row.learning_rate:.3g}" for row in best.itertuples())
    draw = partial(against, drawn, "learning_rate", "learning rate", colors, logarithmic_x=True)
    title = f"final {scope.chosen_on} {metric} by learning rate"
    return Drawing(f"{scope.prefix}-rates", title, HOW, f"{words}.", table, draw)
