"""Curves over training: medians with their bands, the single seeds faint behind."""

from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from optbench.analysis.metrics import lower_is_better
from optbench.report.figures.canvas import STYLE, Colors, in_percent, logarithmic, panel


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
        figure, axes = panel()
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
            in_percent(axes.yaxis, ticks=6)
        elif lower_is_better(metric) and seeds["value"].min() > 0:
            logarithmic(axes, seeds["value"])
    return figure, axes
