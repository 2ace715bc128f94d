"""Scatter plots with logarithmic axes."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from optbench.report.figures.canvas import STYLE, Colors, create_panel, set_log_scale


def plot_divergences(table: pd.DataFrame, colors: Colors) -> Figure:
    """Draw the step at which each run diverged over its learning rate.

    Args:
        table: ``optimizer, learning_rate, step``. Learning rates and steps are positive.
        colors: the color of each optimizer.
    """
    with mpl.rc_context(STYLE):
        figure, axes = create_panel()
        for optimizer, group in table.groupby("optimizer", sort=False):
            axes.plot(
                group["learning_rate"], group["step"], "o", color=colors[str(optimizer)], alpha=0.6, markersize=4,
                markeredgewidth=0,
            )  # fmt: skip
        set_log_scale(axes, "x", table["learning_rate"].to_numpy())
        set_log_scale(axes, "y", table["step"].to_numpy())
        axes.set_xlabel("learning rate")
        axes.set_ylabel("step")
    return figure
