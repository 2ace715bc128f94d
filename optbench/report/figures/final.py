"""Final values of single seeds."""

import numpy as np
import pandas as pd

from optbench.analysis.statistics import quartiles
from optbench.report.figures.axes import linear_axis, log_axis, percent_axis
from optbench.report.figures.plot import Axis, Box, Colors, Dots, Line, Margins, Mark, Plot, rows_plot

LOG_SCALE_RATIO = 30  # ratio of the largest to the smallest value above which an axis is logarithmic
MARGINS = Margins(left=0.12, bottom=0.28)  # no label below the axis


def plot_final_values(values: pd.DataFrame, colors: Colors) -> Plot:
    """Draw the final value of each run as a dot, with a box from the 25th to the 75th percentile.

    Args:
        values: ``label, setting, metric, value`` of one metric and split, finite.
        colors: the color of each setting.
    """
    groups = list(values.groupby(["label", "setting"], sort=False)["value"])
    marks: list[Mark] = []
    for row, ((_, setting), numbers) in enumerate(groups):
        median, low, high = quartiles(numbers)
        color = colors[setting]
        marks.append(Box((low, high), (row - 0.12, row + 0.12), color, 0.25))
        marks.append(Line([median, median], [row - 0.16, row + 0.16], color, 1.8))
        marks.append(Dots(numbers, np.full(len(numbers), row), color, 3.2, 0.7))
    return rows_plot([str(label) for (label, _), _ in groups], value_axis(values), marks, MARGINS)


def value_axis(values: pd.DataFrame) -> Axis:
    """Return the axis of values."""
    numbers = values["value"].to_numpy(float)
    if values["metric"].iloc[0].endswith("accuracy"):
        return percent_axis(numbers, 4)
    if numbers.min() > 0 and numbers.max() > LOG_SCALE_RATIO * numbers.min():
        return log_axis(numbers)
    return linear_axis(numbers, 4)
