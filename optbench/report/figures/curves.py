"""Learning curves: medians with bands, and faint curves of single seeds."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis.metrics import Numbers, lower_is_better
from optbench.report.figures.axes import (
    format_tick,
    linear_axis,
    linear_ticks,
    log_axis,
    percent_axis,
    together,
)
from optbench.report.figures.plot import HEIGHT, Area, Axis, Colors, Guide, Line, Lines, Margins, Mark, Plot
from optbench.spec.metrics import NOTHING_DECLARED, Declared

X_MARGIN = 0.01  # of an axis of steps, as a fraction of its range


class SeedCurve(NamedTuple):
    """The curve of one run, in data coordinates."""

    setting: str
    x: Numbers
    y: Numbers


class ReferenceLine(NamedTuple):
    """A horizontal line at a reference value, such as a target or a published result."""

    label: str
    value: float


def plot_convergence(
    bands: pd.DataFrame,
    seeds: Sequence[SeedCurve],
    colors: Colors,
    lines: Sequence[ReferenceLine],
    steps_per_epoch: float,
    declared: Declared = NOTHING_DECLARED,
    height: float = HEIGHT,
) -> Plot:
    """Draw one metric on one split over steps (lower axis) and epochs (upper axis).

    Args:
        bands: ``setting, metric, step, median, q25, q75``, one row per evaluation point.
        seeds: the curves of single runs, finite.
        colors: the color of each setting.
        lines: reference lines.
        steps_per_epoch: the scale of the upper axis.
        declared: directions and ranges of metrics by name.
        height: of the figure, in inches.
    """
    x = linear_axis(bands["step"], 5, "steps", margin=X_MARGIN)
    y = value_axis(bands, seeds, lines, declared)
    marks = curve_marks(bands, "step", seeds, colors, lines)
    return Plot(x, y, marks, epoch_axis(x, steps_per_epoch), height=height, margins=Margins(top=0.42))


def plot_convergence_in_time(
    bands: pd.DataFrame,
    colors: Colors,
    lines: Sequence[ReferenceLine],
    unit: str,
    declared: Declared = NOTHING_DECLARED,
) -> Plot:
    """Draw one metric on one split over the column ``time``, in ``unit``: steps times the solo step time."""
    x = linear_axis(bands["time"], 5, f"{unit} (steps × time of one step alone)", margin=X_MARGIN)
    return Plot(x, value_axis(bands, [], lines, declared), curve_marks(bands, "time", [], colors, lines))


def epoch_axis(steps: Axis, steps_per_epoch: float) -> Axis:
    """Return the scale of epochs above an axis of steps."""
    low, high = steps.low / steps_per_epoch, steps.high / steps_per_epoch
    ticks = [epoch for epoch in linear_ticks(low, high, 5) if high < 2 or epoch == round(epoch)]
    return Axis(low, high, [(epoch, format_tick(epoch)) for epoch in ticks], "epochs")


def curve_marks(
    bands: pd.DataFrame, x: str, seeds: Sequence[SeedCurve], colors: Colors, lines: Sequence[ReferenceLine]
) -> list[Mark]:
    """Return faint curves of seeds, then bands, then medians, then reference lines."""
    finite = bands[np.isfinite(bands["median"])]
    groups = {str(setting): group for setting, group in finite.groupby("setting", sort=False)}
    by_setting = {setting: [(seed.x, seed.y) for seed in seeds if seed.setting == setting] for setting in colors}
    marks: list[Mark] = [Lines(found, colors[setting], 0.6, 0.3) for setting, found in by_setting.items() if found]
    marks += [Area(g[x], g["q25"], upper_edge(g), colors[setting]) for setting, g in groups.items()]
    marks += [Line(g[x], g["median"], colors[setting]) for setting, g in groups.items()]
    return [*marks, *(Guide(line.value, line.label) for line in lines)]


def upper_edge(group: pd.DataFrame) -> pd.Series:
    """Return the upper edge of a band. Where diverged runs make it infinite, it is the largest median."""
    return group["q75"].where(np.isfinite(group["q75"]), group["median"].max())


def value_axis(
    bands: pd.DataFrame, seeds: Sequence[SeedCurve], lines: Sequence[ReferenceLine], declared: Declared
) -> Axis:
    """Return the axis of values: accuracies in percent, losses on a logarithmic scale if they are not negative."""
    metric = str(bands["metric"].iloc[0])
    values = together(bands["median"], *(seed.y for seed in seeds))
    finite = values[np.isfinite(values)]
    shown = together(values, bands["q25"], bands["q75"], [line.value for line in lines])
    if metric.endswith("accuracy"):
        return percent_axis(shown, 6)
    if lower_is_better(metric, declared) and len(finite) and finite.min() >= 0 < finite.max():
        return log_axis(shown)
    return linear_axis(shown, 6)
