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


def convergence_in_time(bands: pd.DataFrame, seeds: pd.DataFrame, colors: Colors) -> Figure:
    """The same against seconds: steps times the solo step time, in a column ``seconds`` of both tables."""
    figure, axes = _curves(bands, seeds, colors, x="seconds")
    axes.set_xlabel("seconds (steps x solo step time)")
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
        _scale(axes, "x", values["metric"].iloc[0], values["value"])
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
        _scale(axes, "y", metric, seeds["value"])
    return figure, axes


def _panel(height: float = PANEL[1]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(PANEL[0], height), layout="constrained")
    return figure, figure.add_subplot()


def _scale(axes: Axes, which: str, metric: str, values: pd.Series) -> None:
    """Accuracy in percent; losses on a logarithmic axis where they span more than a factor of five."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    if metric.endswith("accuracy"):
        axis.set_major_locator(MaxNLocator(4 if which == "x" else 6))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    elif lower_is_better(metric) and values.min() > 0 and values.max() > 5 * values.min():
        axes.set(**{f"{which}scale": "log"})
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if values.max() < 50 * values.min() else (1.0,)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
