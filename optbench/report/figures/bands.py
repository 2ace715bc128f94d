"""Lines with bands over one variable, such as the learning rate, and step functions."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from optbench.report.figures.canvas import (
    STYLE,
    Colors,
    create_panel,
    set_log_scale,
    set_percent_scale,
    set_plain_scale,
)
from optbench.report.figures.lines import draw_lines

LOG_SCALE_RATIO = 30.0  # ratio of the largest to the smallest value above which an axis is logarithmic


def plot_bands(
    table: pd.DataFrame, x: str, xlabel: str, colors: Colors, percent: bool = False, logarithmic_x: bool = False
) -> Figure:
    """Draw a line of ``value`` with dots and a band from ``low`` to ``high`` for each name.

    Args:
        table: the columns ``name, value, low, high`` and ``x``. Points that are not finite are left out.
        x: the name of the column on the x axis. Its values must be positive if the axis is logarithmic.
        xlabel: the label of the x axis.
        colors: the color of each name.
        percent: whether values are fractions, which are shown in percent.
        logarithmic_x: whether the x axis is logarithmic.
    """
    finite = table[np.isfinite(table["value"])]
    with mpl.rc_context(STYLE):
        figure, axes = create_panel()
        for name, group in finite.groupby("name", sort=False):
            high = group["high"].where(np.isfinite(group["high"]), group["value"].max())
            axes.fill_between(group[x], group["low"], high, color=colors[str(name)], alpha=0.18, linewidth=0)
        dots = {"marker": "o", "markersize": 4, "markeredgewidth": 0}
        draw_lines(axes, finite, x, "value", "name", colors, **dots)
        axes.set(xlabel=xlabel)
        if logarithmic_x:
            set_log_scale(axes, "x", finite[x].to_numpy(float))
        else:
            set_plain_scale(axes.xaxis, 5)
        values = finite["value"].to_numpy(float)
        if percent:
            set_percent_scale(axes.yaxis, ticks=6)
        elif len(values) and values.min() > 0 and values.max() > LOG_SCALE_RATIO * values.min():
            set_log_scale(axes, "y", values)
        else:
            set_plain_scale(axes.yaxis, 6)
    return figure


def plot_step_functions(table: pd.DataFrame, xlabel: str, colors: Colors, first_x: float | None = None) -> Figure:
    """Draw a step function for each name.

    Args:
        table: ``name, x, share``, with share in [0, 1].
        xlabel: the label of the x axis.
        colors: the color of each name.
        first_x: the positive value at which a logarithmic axis starts. Smaller values are drawn there. The axis is
            logarithmic if values differ strongly. None for a linear axis.
    """
    logarithmic = first_x is not None and table["x"].max() > LOG_SCALE_RATIO * first_x
    table = table.assign(x=table["x"].clip(lower=first_x)) if logarithmic else table
    with mpl.rc_context(STYLE):
        figure, axes = create_panel()
        for name, group in table.groupby("name", sort=False):
            axes.step(group["x"], group["share"], where="post", color=colors[str(name)], linewidth=1.7)
        axes.set(xlabel=xlabel, ylim=(-0.03, 1.03))
        set_percent_scale(axes.yaxis, ticks=5)
        if logarithmic:
            set_log_scale(axes, "x", table["x"].to_numpy(float))
        else:
            set_plain_scale(axes.xaxis, 5)
    return figure
