"""The share of targets that each contender reached over steps, on one problem and over all problems."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis.formatting import format_metric
from optbench.analysis.metrics import cost_sign
from optbench.analysis.targets import share_reached
from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.colors import LIGHT
from optbench.report.figures.bands import plot_step_functions
from optbench.report.scope import ReportData, Scope
from optbench.spec.splits import describe_split

NOTE = (
    "The share of {what} reached within a number of steps. {targets} A target is reached at the first evaluation point "
    "that is as good or better, even if the run gets worse later; a run that diverges has reached none."
)
CAPTION = "Higher and further left is better: more targets in fewer steps."
MOST_TARGETS = 4  # maximum number of targets with a column in the table


def part(scope: Scope) -> Part | None:
    """Return the part of one problem, or None unless its target has several values."""
    data = scope.data
    steps = data.steps_to_targets[data.steps_to_targets["problem"] == scope.problem]
    if steps.empty:
        return None
    names = [name for name in scope.ranked["contender"] if name in set(steps["contender"])]
    metric, split = steps["metric"].iloc[0], steps["split"].iloc[0]
    values = sort_targets(data, steps)
    words = ", ".join(format_metric(metric, value) for value in values)
    note = NOTE.format(
        what="pairs of target and run", targets=f"The targets are {describe_split(split)} {metric} {words}."
    )
    places = np.linspace(0, len(values) - 1, min(len(values), MOST_TARGETS)).round().astype(int)
    shown = [values[place] for place in places]
    by_name = dict(iter(steps.groupby("contender")))
    rows = [Row(name, reached_cells(by_name[name], shown)) for name in names]
    columns = ["optimizer", "targets reached", "half of them after", *(format_metric(metric, value) for value in shown)]
    colors = {row.contender: scope.colors[row.setting] for row in scope.figure_contenders.itertuples()}
    return make_part(f"{scope.prefix}-targets", steps, colors, note, Table("Targets reached", columns, rows), "")


def across_part(data: ReportData) -> Part | None:
    """Return the part over problems, or None unless two problems have targets with several values."""
    steps = data.steps_to_targets
    if steps["problem"].nunique() < 2:
        return None
    by_name = dict(iter(steps.groupby("contender")))
    order = sorted(by_name, key=lambda name: -np.isfinite(by_name[name]["steps"]).mean())
    rows = [Row(name, reached_cells(by_name[name])) for name in order]
    table = Table("Targets reached over problems", ["optimizer", "targets reached", "half of them after"], rows)
    note = NOTE.format(what="triples of problem, target and run", targets="Each problem has its own targets.")
    shown = order[: len(LIGHT)]
    caption = f" Of {len(order)} optimizers the {len(shown)} that reached the most." if len(shown) < len(order) else ""
    return make_part("across-targets", steps, data.contender_colors(shown), note, table, caption)


def make_part(name: str, steps: pd.DataFrame, colors: dict[str, str], note: str, table: Table, caption: str) -> Part:
    """Return the part with its table and the drawing of contenders that have a color."""
    shares = share_reached(steps[steps["contender"].isin(colors)])
    last = shares.groupby("contender", sort=False)["share"].last()
    words = ", ".join(f"{each} {100 * last[each]:.0f} %" for each in colors)
    first = steps.loc[steps["steps"] > 0, "steps"].min()
    lines = shares.rename(columns={"contender": "name", "step": "x"})
    draw = partial(plot_step_functions, lines, "steps", colors, first_x=float(first) if np.isfinite(first) else None)
    drawing = Drawing(name, "share of targets reached", CAPTION + caption, f"at the end: {words}.", shares, draw)
    legend = [LegendEntry(color, each) for each, color in colors.items()]
    return Part("targets", "Targets reached", Body(note, [table], legend, [View("", [drawing])]))


def sort_targets(data: ReportData, steps: pd.DataFrame) -> list[float]:
    """Return the targets of one problem, the easiest first."""
    sign = cost_sign(str(steps["metric"].iloc[0]), data.declared)
    return sorted(set(steps["target"]), key=lambda value: -sign * value)


def reached_cells(steps: pd.DataFrame, shown: Sequence[float] = ()) -> list[Cell]:
    """Return how many targets one contender reached, the steps at which it had reached half, and single targets.

    Args:
        steps: the steps of one contender, from :func:`optbench.analysis.targets.steps_to_every_target`.
        shown: the targets with separate cells.
    """
    reached = np.isfinite(steps["steps"])
    ordered = np.sort(steps["steps"].to_numpy(float))
    half = ordered[(len(ordered) - 1) // 2]
    return [
        Cell(f"{reached.sum():,} of {len(steps):,}", f"{100 * reached.mean():.0f} %", sort=float(reached.mean())),
        Cell(
            f"{half:,.0f} steps" if np.isfinite(half) else "fewer than half" if reached.any() else "none reached",
            sort=float(half),
        ),
        *(target_cell(steps, value) for value in shown),
    ]


def target_cell(steps: pd.DataFrame, target: float) -> Cell:
    """Return how many runs of one contender reached one target, and their median number of steps."""
    found = steps.loc[steps["target"] == target, "steps"].to_numpy(float)
    median = np.sort(found)[(len(found) - 1) // 2]
    text = f"median {median:,.0f} steps" if np.isfinite(median) else ""
    return Cell(f"{np.isfinite(found).sum()} of {len(found)}", text, sort=float(median))
