"""Scatter plots with logarithmic axes."""

import pandas as pd

from optbench.report.figures.axes import log_axis
from optbench.report.figures.plot import Colors, Dots, Plot


def plot_divergences(table: pd.DataFrame, colors: Colors) -> Plot:
    """Draw the step at which each run diverged over its learning rate.

    Args:
        table: ``optimizer, learning_rate, step``. Learning rates and steps are positive.
        colors: the color of each optimizer.
    """
    groups = table.groupby("optimizer", sort=False)
    marks = [Dots(group["learning_rate"], group["step"], colors[str(name)], 4, 0.6) for name, group in groups]
    return Plot(log_axis(table["learning_rate"], "learning rate"), log_axis(table["step"], "step"), marks)
