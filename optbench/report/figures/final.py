"""Final values of single seeds."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from optbench.analysis.statistics import quartiles
from optbench.report.figures.canvas import (
    STYLE,
    Colors,
    Margins,
    create_rows,
    set_log_scale,
    set_percent_scale,
    set_plain_scale,
)

LOG_SCALE_RATIO = 30  # ratio of the largest to the smallest value above which an axis is logarithmic
MARGINS = Margins(left=0.12, bottom=0.28)  # no label below the axis


def plot_final_values(values: pd.DataFrame, colors: Colors) -> Figure:
    """Draw the final value of each run as a dot, with a box from the 25th to the 75th percentile.

    Args:
        values: ``label, setting, metric, value`` of one metric and split, finite.
        colors: the color of each setting.
    """
    with mpl.rc_context(STYLE):
        groups = list(values.groupby(["label", "setting"], sort=False)["value"])
        figure, axes = create_rows([label for (label, _), _ in groups], MARGINS)
        for row, ((_, setting), numbers) in enumerate(groups):
            median, low, high = quartiles(numbers)
            axes.broken_barh([(low, high - low)], (row - 0.12, 0.24), color=colors[setting], alpha=0.25)
            axes.plot([median, median], [row - 0.16, row + 0.16], color=colors[setting], linewidth=1.8)
            axes.plot(numbers, np.full(len(numbers), row), "o", color=colors[setting], markersize=3.2, alpha=0.7,
                      markeredgewidth=0)  # fmt: skip
        if values["metric"].iloc[0].endswith("accuracy"):
            set_percent_scale(axes.xaxis, ticks=4)
        elif values["value"].min() > 0 and values["value"].max() > LOG_SCALE_RATIO * values["value"].min():
            set_log_scale(axes, "x", values["value"].to_numpy())
        else:
            set_plain_scale(axes.xaxis, ticks=4)
    return figure
