"""Curves of a problem against steps and against calibrated time."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from optbench.analysis import present, tables
from optbench.report.blocks import Drawing, Key, Part, View
from optbench.report.figures import curves
from optbench.report.scope import SPLITS, Scope

NOTE = "Curves of losses have a logarithmic axis."
BEST = " Of an optimizer with several settings the best is drawn; the tables hold all."
HOW = "Line: median over seeds. Band: 25 to 75 %. Faint: single seeds."


def part(scope: Scope) -> Part | None:
    """A drawing for each metric and split, in a view by steps and one by time; None without a curve."""
    if scope.summary.empty:
        return None
    bands = tables.bands(scope.shown, scope.curves)
    seeds = scope.curves.merge(scope.shown[["run_id", "setting", "optimizer"]], on="run_id")
    seeds = seeds[np.isfinite(seeds["value"])]
    pairs = [(metric, split) for metric in dict.fromkeys(bands["metric"]) for split in SPLITS]
    tables_of = [(of(bands, *pair), of(seeds, *pair)) for pair in pairs]
    with_curve = [pair for pair in tables_of if len(pair[1])]
    views = [
        View("by steps", [by_steps(scope, *pair) for pair in with_curve]),
        View("by time", [drawing for pair in with_curve for drawing in by_time(scope, *pair)]),
    ]
    views = [view for view in views if view.drawings]
    if not views:
        return None
    note = NOTE + (BEST if (scope.chosen["of"] > 1).any() else "")
    return Part("Convergence", note=note, legend=legend(scope), views=views)


def by_steps(scope: Scope, bands: pd.DataFrame, seeds: pd.DataFrame) -> Drawing:
    """Against steps, with epochs above."""
    last = seeds.loc[seeds["step"].idxmax()]
    steps_per_epoch = last["step"] / last["epoch"] if last["epoch"] else 1.0
    draw = partial(curves.convergence, bands, seeds, scope.shades, steps_per_epoch)
    return drawing(scope, "steps", bands, draw, "by step")


def by_time(scope: Scope, bands: pd.DataFrame, seeds: pd.DataFrame) -> list[Drawing]:
    """Against time, of the settings whose step time is known; none where there is none."""
    step_s = scope.step_times["step_s"]
    bands, seeds = (t[t["setting"].isin(step_s.index)] for t in (bands, seeds))
    if seeds.empty:
        return []
    unit, size = present.unit_of_time(float((bands["step"] * bands["setting"].map(step_s)).max()))
    bands, seeds = (t.assign(time=t["step"] * t["setting"].map(step_s) / size) for t in (bands, seeds))
    draw = partial(curves.convergence_in_time, bands, seeds, scope.shades, unit)
    return [drawing(scope, "time", bands, draw, "by calibrated time")]


def drawing(scope: Scope, view: str, bands: pd.DataFrame, draw: Callable[[], Figure], along: str) -> Drawing:
    """One panel with its words."""
    metric, split = bands["metric"].iloc[0], bands["split"].iloc[0]
    name = f"{scope.prefix}-{view}-{split}-{metric}"
    return Drawing(name, f"{split} {metric}", HOW, f"{along}. {last_medians(bands)}", bands, draw)


def legend(scope: Scope) -> list[Key]:
    """Colour and setting of each optimizer and, where it was chosen among several, from how many."""
    split = "validation" if scope.chosen_on == "valid" else scope.chosen_on
    flattered = f"by {split} loss on these same seeds, which flatters it"
    return [
        Key(
            scope.shades[row.optimizer],
            row.setting if row.of == 1 else f"{row.setting} (chosen from {row.of} {flattered})",
        )
        for row in scope.chosen.itertuples()
    ]


def last_medians(bands: pd.DataFrame) -> str:
    """Where each setting's median ended, in words."""
    metric = bands["metric"].iloc[0]
    last = bands.sort_values("step", kind="stable").groupby("setting", sort=False)["median"].last()
    words = ", ".join(f"{setting} {present.metric_value(metric, v)}" for setting, v in last.items())
    return f"Median at the last step: {words}."


def of(table: pd.DataFrame, metric: str, split: str) -> pd.DataFrame:
    """The rows of one metric on one split."""
    return table[(table["metric"] == metric) & (table["split"] == split)]
