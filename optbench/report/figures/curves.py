"""Learning curves: medians with bands, and faint curves of single seeds."""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from optbench.analysis.metrics import Numbers, lower_is_better
from optbench.report.colors import MUTED
from optbench.report.figures.canvas import (
    HEIGHT,
    STYLE,
    Colors,
    Margins,
    ReferenceLine,
    create_panel,
    draw_reference_lines,
    format_tick,
    label_reference_lines,
    set_log_scale,
    set_percent_scale,
    set_plain_scale,
)
from optbench.report.figures.lines import draw_lines
from optbench.spec.metrics import NOTHING_DECLARED, Declared


class SeedCurve(NamedTuple):
    """The curve of one run, in data coordinates."""

    setting: str
    x: Numbers
    y: Numbers


def plot_convergence(
    bands: pd.DataFrame,
    seeds: Sequence[SeedCurve],
    colors: Colors,
    lines: list[ReferenceLine],
    steps_per_epoch: float | None,
    declared: Declared = NOTHING_DECLARED,
    height: float = HEIGHT,
) -> Figure:
    """Draw one metric on one split over steps (lower axis) and epochs (upper axis).

    Args:
        bands: ``setting, metric, step, median, q25, q75``, one row per evaluation point.
        seeds: the curves of single runs, finite.
        colors: the color of each setting.
        lines: reference lines.
        steps_per_epoch: the scale of the upper axis; None for no upper axis, if epochs are unknown.
        declared: directions and ranges of metrics by name.
        height: the height of the figure, in inches.
    """
    with mpl.rc_context(STYLE):
        figure, axes = create_panel(height, margins=Margins(top=0.42 if steps_per_epoch is not None else 0.1))
        _draw_curves(axes, bands, "step", seeds, colors, lines, declared)
        axes.set_xlabel("steps")
        if steps_per_epoch is not None:
            _draw_epoch_axis(axes, steps_per_epoch)
    return figure


def plot_convergence_in_time(
    bands: pd.DataFrame,
    colors: Colors,
    lines: list[ReferenceLine],
    unit: str,
    declared: Declared = NOTHING_DECLARED,
) -> Figure:
    """Draw one metric on one split over the column ``time``, in ``unit``: steps times the solo step time."""
    with mpl.rc_context(STYLE):
        figure, axes = create_panel()
        _draw_curves(axes, bands, "time", [], colors, lines, declared)
        axes.set_xlabel(f"{unit} (steps × time of one step alone)")
    return figure


def _draw_epoch_axis(axes: Axes, steps_per_epoch: float) -> None:
    """Draw the upper axis with lines and text, because a second matplotlib axis takes as long as all curves."""
    low, high = axes.get_xlim()
    transform = axes.get_xaxis_transform()
    inside = [
        e
        for e in MaxNLocator(5, integer=high >= 2 * steps_per_epoch).tick_values(0, high / steps_per_epoch)
        if low <= e * steps_per_epoch <= high
    ]
    for epoch in inside:
        x = epoch * steps_per_epoch
        axes.plot([x, x], [1, 1.025], color=MUTED, linewidth=0.8, transform=transform, clip_on=False)
        axes.text(x, 1.04, format_tick(epoch), transform=transform, ha="center", va="bottom", fontsize=8.5)
    axes.plot([0, 1], [1, 1], color=MUTED, linewidth=0.7, transform=axes.transAxes, clip_on=False)
    axes.text(0.5, 1.15, "epochs", transform=axes.transAxes, ha="center", va="bottom", fontsize=8.5)


def _draw_curves(
    axes: Axes,
    bands: pd.DataFrame,
    x: str,
    seeds: Sequence[SeedCurve],
    colors: Colors,
    lines: list[ReferenceLine],
    declared: Declared,
) -> None:
    """Draw seeds, bands and medians, and fit the axes to them."""
    finite = bands[np.isfinite(bands["median"])]
    for setting, color in colors.items():
        segments = [np.column_stack([seed.x, seed.y]) for seed in seeds if seed.setting == setting]
        axes.add_collection(LineCollection(segments, colors=color, alpha=0.22, linewidths=0.6))
    for setting, group in finite.groupby("setting", sort=False):
        edge = group["q75"].where(np.isfinite(group["q75"]), group["median"].max())
        axes.fill_between(group[x], group["q25"], edge, color=colors[str(setting)], alpha=0.18, linewidth=0)
    draw_lines(axes, finite, x, "median", "setting", colors, sort=False)
    draw_reference_lines(axes, lines)
    axes.autoscale_view()
    axes.margins(x=0.01)
    set_plain_scale(axes.xaxis, 5)
    values = np.concatenate([finite["median"], *(seed.y for seed in seeds)])
    _set_value_scale(axes, str(bands["metric"].iloc[0]), values, declared)
    label_reference_lines(axes, lines)


def _set_value_scale(axes: Axes, metric: str, values: Numbers, declared: Declared) -> None:
    """Show accuracies in percent, and losses on a logarithmic axis if they are not negative."""
    if metric.endswith("accuracy"):
        set_percent_scale(axes.yaxis, ticks=6)
    elif lower_is_better(metric, declared) and len(values) and values.min() >= 0 < values.max():
        set_log_scale(axes, "y", values[values > 0])
    else:
        set_plain_scale(axes.yaxis, 6)
