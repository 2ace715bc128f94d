"""The diverged runs: their settings, steps and learning rates."""

from functools import partial

import pandas as pd

from optbench.analysis.tables import count_statuses
from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.figures.points import plot_divergences
from optbench.report.scope import Scope
from optbench.spec.status import RunStatus

LEARNING_RATE = "hp.learning_rate"
NOTE = (
    "A run diverged if its loss, a gradient or the state of its rule is no longer finite. It counts as the worst "
    "possible value."
)
CAPTION = "Each dot is a run: its learning rate, and the step at which its loss was first not finite."


def part(scope: Scope) -> Part | None:
    """Return the part with a table of diverged runs by setting, or None if no run diverged.

    A drawing is added unless the study has more optimizers than the palette has colors.
    """
    diverged = scope.runs[scope.runs["status"] == RunStatus.DIVERGED]
    if diverged.empty:
        return None
    counts = count_statuses(scope.runs).set_index("setting").sum(axis=1, numeric_only=True)
    rows = [
        Row(str(setting), cells(group, int(counts[setting])))
        for setting, group in sorted(diverged.groupby("setting"), key=lambda pair: scope.setting_order[pair[0]])
    ]
    table = Table("Diverged runs", ["setting", "diverged", "first at step", "last at step"], rows)
    has_figure = (
        LEARNING_RATE in diverged
        and has_positive_values(diverged).any()
        and not scope.data.has_more_optimizers_than_colors
    )
    views = [View("", [drawing(scope, diverged)])] if has_figure else []
    legend = (
        [LegendEntry(scope.data.colors[name], name) for name in dict.fromkeys(diverged["optimizer"])] if views else []
    )
    return Part("divergences", "Divergences", Body(note=NOTE, tables=[table], legend=legend, views=views))


def cells(diverged: pd.DataFrame, count: int) -> list[Cell]:
    """Return the number of diverged runs of a setting, and the first and last step."""
    at = diverged["diverged_at_step"]
    return [Cell(f"{len(diverged)} of {count}"), Cell(f"{int(at.min()):,}"), Cell(f"{int(at.max()):,}")]


def drawing(scope: Scope, diverged: pd.DataFrame) -> Drawing:
    """Return the drawing of steps over learning rates."""
    table = diverged[has_positive_values(diverged)].rename(
        columns={LEARNING_RATE: "learning_rate", "diverged_at_step": "step"}
    )
    data = table[["setting", "optimizer", "seed", "learning_rate", "step"]]
    least = data.groupby("optimizer", sort=False)["learning_rate"].min()
    words = ", ".join(f"{optimizer} from {rate:g} on" for optimizer, rate in least.items())
    draw = partial(plot_divergences, data, scope.data.colors)
    return Drawing(
        f"{scope.prefix}-divergences", "when runs diverged", CAPTION, f"by learning rate: {words}.", data, draw
    )


def has_positive_values(diverged: pd.DataFrame) -> pd.Series:
    """Return for each run whether its learning rate and its step are positive, as logarithmic axes require."""
    return (pd.to_numeric(diverged[LEARNING_RATE], errors="coerce") > 0) & (diverged["diverged_at_step"] > 0)
