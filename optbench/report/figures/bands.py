"""A line with its band against one number: learning rates, trials, ratios."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from optbench.report.figures.canvas import STYLE, Colors, in_percent, logarithmic, panel, plain

WIDE = 30.0  # times the smallest value: from there on an axis is logarithmic


def against(
    table: pd.DataFrame, x: str, xlabel: str, colors: Colors, percent: bool = False, logarithmic_x: bool = False
) -> Figure:
    """For each name a line of ``value`` with dots and a band from ``low`` to ``high``.

    Args:
        table: ``name``, ``x``, ``value, low, high``; points that are not finite are left out.
        x: the column across, its values > 0 where its axis is logarithmic.
        xlabel: what it is.
        colors: by name.
        percent: whether values are shares.
        logarithmic_x: whether the axis across is logarithmic.
    """
    finite = table[np.isfinite(table["value"])]
    with mpl.rc_context(STYLE):
        figure, axes = panel()
        for name, group in finite.groupby("name", sort=False):
            high = group["high"].where(np.isfinite(group["high"]), group["value"].max())
            axes.fill_between(group[x], group["low"], high, color=colors[str(name)], alpha=0.18, linewidth=0)
        style = {"estimator": None, "errorbar": None, "legend": False, "linewidth": 1.7, "marker": "o", "markersize": 4}
        if len(finite):  # of nothing seaborn warns
            sns.lineplot(finite, x=x, y="value", hue="name", palette=dict(colors), markeredgewidth=0, **style, ax=axes)
        axes.set(xlabel=xlabel, ylabel="")
        if logarithmic_x:
            logarithmic(axes, "x", finite[x].to_numpy(float))
        else:
            plain(axes.xaxis, 5)
        values = finite["value"].to_numpy(float)
        if percent:
            in_percent(axes.yaxis, ticks=6)
        elif len(values) and values.min() > 0 and values.max() > WIDE * values.min():
            logarithmic(axes, "y", values)
        else:
            plain(axes.yaxis, 6)
    return figure


def stairs(table: pd.DataFrame, xlabel: str, colors: Colors) -> Figure:
    """Shares that rise in steps: ``name, x, share`` with share in [0, 1]."""
    with mpl.rc_context(STYLE):
        figure, axes = panel()
        for name, group in table.groupby("name", sort=False):
            axes.step(group["x"], group["share"], where="post", color=colors[str(name)], linewidth=1.7)
        axes.set(xlabel=xlabel, ylim=(-0.03, 1.03))
        in_percent(axes.yaxis, ticks=5)
        plain(axes.xaxis, 5)
    return figure
