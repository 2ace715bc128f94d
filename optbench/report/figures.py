"""Figures: a DataFrame in, a matplotlib Figure out. What is drawn was computed before; seaborn draws.

Each panel is a figure of its own, small enough to be read on a phone without being shrunk.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from optbench.analysis.metrics import lower_is_better
from optbench.report.colors import INK, MUTED, RULE

Colors = Mapping[str, str]
PANEL = (3.7, 2.7)  # inches
STYLE = {
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.titlesize": 10,
    "axes.titlecolor": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}


def convergence(bands: pd.DataFrame, seeds: pd.DataFrame, colors: Colors, steps_per_epoch: float) -> Figure:
    """One metric on one split against steps (below) and epochs (above).

    Args:
        bands: ``setting, optimizer, metric, step, median, q25, q75``, one row a point, of one metric and split.
        seeds: ``run_id, optimizer, step, value``, the single runs.
        colors: by optimizer.
        steps_per_epoch: for the upper axis.
    """
    figure, axes = _curves(bands, seeds, colors, x="step")
    axes.set_xlabel("steps")
    scale = ScaledBy(1 / steps_per_epoch)
    with mpl.rc_context(STYLE):
        above = axes.secondary_xaxis("top", functions=(scale.forward, scale.back))
        above.set_xlabel("epochs")
    above.spines["top"].set_visible(True)
    return figure


def convergence_in_time(bands: pd.DataFrame, seeds: pd.DataFrame, colors: Colors, unit: str) -> Figure:
    """The same against steps times the solo step time, in a column ``time`` of both tables, in ``unit``."""
    figure, axes = _curves(bands, seeds, colors, x="time")
    axes.set_xlabel(f"{unit} (steps × time of one step alone)")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    return figure


def final_values(values: pd.DataFrame, colors: Colors) -> Figure:
    """The last value of each run: a dot a seed, a box behind.

    Args:
        values: ``label, optimizer, metric, value`` of one metric and split; runs without a finite value left out.
        colors: by optimizer.
    """
    labels = list(dict.fromkeys(values["label"]))
    palette = {label: colors[optimizer] for label, optimizer in zip(values["label"], values["optimizer"], strict=True)}
    with mpl.rc_context(STYLE):
        figure, axes = _panel(height=0.9 + 0.36 * len(labels))
        shared = {"data": values, "x": "value", "y": "label", "hue": "label", "palette": palette, "order": labels}
        box = {
            "showfliers": False,
            "saturation": 1.0,
            "width": 0.6,
            "linewidth": 0.8,
            "linecolor": MUTED,
            "boxprops": {"alpha": 0.3},
        }
        sns.boxplot(**shared, **box, legend=False, ax=axes)
        sns.stripplot(**shared, legend=False, ax=axes, size=4, jitter=False, alpha=0.85)
        axes.set(xlabel="", ylabel="")
        axes.grid(axis="y", visible=False)
        if values["metric"].iloc[0].endswith("accuracy"):
            axes.set_xlim(right=min(axes.get_xlim()[1], 1.002))  # there is nothing above 100 %
            _in_percent(axes.xaxis, ticks=4)
    return figure


class ScaledBy(NamedTuple):
    """A second unit on an axis."""

    factor: float

    def forward(self, value: Any) -> Any:
        """To the second unit."""
        return value * self.factor

    def back(self, value: Any) -> Any:
        """From the second unit."""
        return value / self.factor


def _curves(bands: pd.DataFrame, seeds: pd.DataFrame, colors: Colors, x: str) -> tuple[Figure, Axes]:
    """Medians with their bands, the single seeds faint behind."""
    metric = bands["metric"].iloc[0]
    finite = bands[np.isfinite(bands["median"])]
    with mpl.rc_context(STYLE):
        figure, axes = _panel()
        faint = {"units": "run_id", "estimator": None, "alpha": 0.22, "linewidth": 0.7}
        sns.lineplot(data=seeds, x=x, y="value", hue="optimizer", palette=colors, legend=False, ax=axes, **faint)
        for (_, optimizer), group in finite.groupby(["setting", "optimizer"], sort=False):
            edge = group["q75"].where(np.isfinite(group["q75"]), group["median"].max())
            axes.fill_between(group[x], group["q25"], edge, color=colors[optimizer], alpha=0.18, linewidth=0)
        line = {"estimator": None, "errorbar": None, "linewidth": 1.8}
        sns.lineplot(data=finite, x=x, y="median", hue="optimizer", palette=colors, legend=False, ax=axes, **line)
        axes.set_ylabel("")
        axes.margins(x=0.01)
        if metric.endswith("accuracy"):
            _in_percent(axes.yaxis, ticks=6)
        elif lower_is_better(metric) and seeds["value"].min() > 0:
            _logarithmic(axes, seeds["value"])
    return figure, axes


def _panel(height: float = PANEL[1]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(PANEL[0], height), layout="constrained")
    return figure, figure.add_subplot()


def _in_percent(axis: Axis, ticks: int) -> None:
    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))


def _logarithmic(axes: Axes, values: pd.Series) -> None:
    """A logarithmic axis with plain numbers, at least two of them."""
    axes.set_yscale("log")
    span = values.max() / values.min()
    subs = (1.0, 2.0, 5.0) if 3 < span < 50 else (1.0,) if span >= 50 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
