"""Which runs diverged, when, and at which learning rate."""

from functools import partial

import pandas as pd

from optbench.analysis.tables import endings
from optbench.report.blocks import Cell, Drawing, Key, Part, Row, Table, View
from optbench.report.figures.points import divergences
from optbench.report.scope import Scope

RATE = "hp.learning_rate"
NOTE = "A run has diverged when its loss is no longer finite. It counts as the worst possible value."
HOW = "A dot is a run: its learning rate, and the number of steps it had made when its loss was found not finite."


def part(scope: Scope) -> Part | None:
    """A table of the settings in which runs diverged, and a drawing unless colours run out; None where none did."""
    lost = scope.runs[scope.runs["status"] == "diverged"]
    if lost.empty:
        return None
    counts = endings(scope.runs).set_index("setting").sum(axis=1, numeric_only=True)
    rows = [
        Row(str(setting), cells(group, int(counts[setting]))) for setting, group in lost.groupby("setting", sort=False)
    ]
    table = Table("Diverged runs", ["setting", "diverged", "first at step", "last at step"], rows)
    drawable = RATE in lost and positive(lost).any() and not scope.data.crowded
    views = [View("", [drawing(scope, lost)])] if drawable else []
    legend = [Key(scope.data.shades[name], name) for name in dict.fromkeys(lost["optimizer"])] if views else []
    return Part("Divergences", note=NOTE, tables=[table], legend=legend, views=views)


def cells(lost: pd.DataFrame, count: int) -> list[Cell]:
    """How many of a setting's runs diverged, and when."""
    at = lost["diverged_at_step"]
    return [Cell(f"{len(lost)} of {count}"), Cell(f"{int(at.min()):,}"), Cell(f"{int(at.max()):,}")]


def drawing(scope: Scope, lost: pd.DataFrame) -> Drawing:
    """The step against the learning rate."""
    table = lost[positive(lost)].rename(columns={RATE: "learning_rate", "diverged_at_step": "step"})
    data = table[["setting", "optimizer", "seed", "learning_rate", "step"]]
    least = data.groupby("optimizer", sort=False)["learning_rate"].min()
    words = ", ".join(f"{optimizer} from {rate:g} on" for optimizer, rate in least.items())
    draw = partial(divergences, data, scope.data.shades)
    return Drawing(f"{scope.prefix}-divergences", "when runs diverged", HOW, f"by learning rate: {words}.", data, draw)


def positive(lost: pd.DataFrame) -> pd.Series:
    """Where both have a logarithm."""
    return (pd.to_numeric(lost[RATE], errors="coerce") > 0) & (lost["diverged_at_step"] > 0)
