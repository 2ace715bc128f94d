"""Final values by seed."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from optbench.analysis.statistics import quartiles
from optbench.report.figures.canvas import STYLE, Colors, Margins, in_percent, logarithmic, plain, rows

WIDE = 30  # times the smallest value: from there on an axis is logarithmic
UNDER = Margins(left=0.12, bottom=0.28)  # without a label below the axis


def final_values(values: pd.DataFrame, colors: Colors) -> Figure:
    """The last value of each run: a dot a seed, a box behind.

    Args:
        values: ``label, setting, metric, value`` of one metric and split; runs without a finite value left out.
        colors: by setting.
    """
    with mpl.rc_context(STYLE):
        groups = list(values.groupby(["label", "setting"], sort=False)["value"])
        figure, axes = rows([label for (label, _), _ in groups], UNDER)
        for place, ((_, setting), numbers) in enumerate(groups):
            median, low, high = quartiles(numbers)
            axes.broken_barh([(low, high - low)], (place - 0.12, 0.24), color=colors[setting], alpha=0.25)
            axes.plot([median, median], [place - 0.16, place + 0.16], color=colors[setting], linewidth=1.8)
            axes.plot(numbers, np.full(len(numbers), place), "o", color=colors[setting], markersize=3.2, alpha=0.7,
                      markeredgewidth=0)  # fmt: skip
        if values["metric"].iloc[0].endswith("accuracy"):
            in_percent(axes.xaxis, ticks=4)
        elif values["value"].min() > 0 and values["value"].max() > WIDE * values["value"].min():
            logarithmic(axes, "x", values["value"].to_numpy())
        else:
            plain(axes.xaxis, ticks=4)
    return figure
