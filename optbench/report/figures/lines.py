"""Lines of one color per name, by seaborn, of values that are already computed."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from optbench.report.figures.canvas import Colors


def draw_lines(axes: Axes, table: pd.DataFrame, x: str, y: str, name: str, colors: Colors, **style: Any) -> None:
    """Draw a line for each name, without labels of the axes and without a legend.

    Args:
        axes: where to draw.
        table: the columns ``x``, ``y`` and ``name``. Without rows nothing is drawn, because seaborn warns about it.
        x: the name of the column on the x axis.
        y: the name of the column on the y axis.
        name: the name of the column of names.
        colors: the color of each name.
        style: properties of the lines.
    """
    axes.set(xlabel=" ", ylabel=" ")  # where one is missing, seaborn makes all tick labels to see if one is visible
    if len(table):
        computed = {"estimator": None, "errorbar": None, "legend": False, "linewidth": 1.7}
        sns.lineplot(table, x=x, y=y, hue=name, palette=dict(colors), **computed, **style, ax=axes)
    axes.set(xlabel="", ylabel="")
