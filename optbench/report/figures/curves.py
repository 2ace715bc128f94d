"""Curves over training: medians with their bands, the single seeds faint behind."""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from optbench.analysis.metrics import Numbers, lower_is_better
from optbench.report.colors import MUTED
from optbench.report.figures.canvas import (
    STYLE,
    Colors,
    Level,
    Margins,
    in_percent,
    levels,
    logarithmic,
    number,
    panel,
    plain,
)


class Seed(NamedTuple):
    """The curve of one run."""

    setting: str
    x: Numbers
    y: Numbers


def convergence(
    bands: pd.DataFrame, seeds: Sequence[Seed], colors: Colors, marks: list[Level], steps_per_epoch: float
) -> Figure:
    """One metric on one split against steps (below) and epochs (above).

    Args:
        bands: ``setting, metric, step, median, q25, q75``, one row a point, of one metric and split.
        seeds: the single runs, finite.
        colors: by setting.
        marks: values to mark by a line.
        steps_per_epoch: for the upper axis.
    """
    with mpl.rc_context(STYLE):
        figure, axes = panel(margins=Margins(top=0.42))
        _draw(axes, bands, "step", seeds, colors, marks)
        axes.set_xlabel("steps")
        _epochs_above(axes, steps_per_epoch)
    return figure


def convergence_in_time(bands: pd.DataFrame, colors: Colors, marks: list[Level], unit: str) -> Figure:
    """The same against steps times the solo step time, in a column ``time``, in ``unit``; without single runs."""
    with mpl.rc_context(STYLE):
        figure, axes = panel()
        _draw(axes, bands, "time", [], colors, marks)
        axes.set_xlabel(f"{unit} (steps × time of one step alone)")
    return figure


def _epochs_above(axes: Axes, steps_per_epoch: float) -> None:
    """The second unit of the axis, as text: an axis of its own takes as long as all the curves."""
    low, high = axes.get_xlim()
    place = axes.get_xaxis_transform()
    inside = [e for e in MaxNLocator(5).tick_values(0, high / steps_per_epoch) if low <= e * steps_per_epoch <= high]
    for epoch in inside:
        x = epoch * steps_per_epoch
        axes.plot([x, x], [1, 1.025], color=MUTED, linewidth=0.8, transform=place, clip_on=False)
        axes.text(x, 1.04, number(epoch), transform=place, ha="center", va="bottom", fontsize=8.5)
    axes.plot([0, 1], [1, 1], color=MUTED, linewidth=0.7, transform=axes.transAxes, clip_on=False)
    axes.text(0.5, 1.15, "epochs", transform=axes.transAxes, ha="center", va="bottom", fontsize=8.5)


def _draw(axes: Axes, bands: pd.DataFrame, x: str, seeds: Sequence[Seed], colors: Colors, marks: list[Level]) -> None:
    """Seeds, bands and medians; the axes fit them."""
    finite = bands[np.isfinite(bands["median"])]
    for setting, color in colors.items():
        lines = [np.column_stack([seed.x, seed.y]) for seed in seeds if seed.setting == setting]
        axes.add_collection(LineCollection(lines, colors=color, alpha=0.22, linewidths=0.6))
    for setting, group in finite.groupby("setting", sort=False):
        edge = group["q75"].where(np.isfinite(group["q75"]), group["median"].max())
        axes.fill_between(group[x], group["q25"], edge, color=colors[str(setting)], alpha=0.18, linewidth=0)
    line = {"estimator": None, "errorbar": None, "sort": False, "legend": False, "linewidth": 1.7}  # nothing to compute
    if len(finite):  # of nothing seaborn warns
        sns.lineplot(finite, x=x, y="median", hue="setting", palette=dict(colors), **line, ax=axes)
    axes.set(xlabel="", ylabel="")
    levels(axes, marks)
    axes.autoscale_view()
    axes.margins(x=0.01)
    plain(axes.xaxis, 5)
    everything = np.concatenate([finite["median"], *(seed.y for seed in seeds)])
    _fit(axes, str(bands["metric"].iloc[0]), everything)


def _fit(axes: Axes, metric: str, values: Numbers) -> None:
    """Percent for accuracies, a logarithmic axis for losses that have a logarithm."""
    if metric.endswith("accuracy"):
        in_percent(axes.yaxis, ticks=6)
    elif lower_is_better(metric) and len(values) and values.min() >= 0 < values.max():
        logarithmic(axes, "y", values[values > 0])
    else:
        plain(axes.yaxis, 6)
