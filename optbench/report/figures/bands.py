"""Lines with bands over one variable, such as the learning rate, and step functions."""

import numpy as np
import pandas as pd

from optbench.report.figures.axes import linear_axis, log_axis, percent_axis, together
from optbench.report.figures.curves import upper_edge
from optbench.report.figures.plot import Area, Axis, Colors, Line, Mark, Plot

LOG_SCALE_RATIO = 30.0  # ratio of the largest to the smallest value above which an axis is logarithmic
SHARES = (-0.03, 1.03)  # the ends of an axis of shares


def plot_bands(
    table: pd.DataFrame, x: str, xlabel: str, colors: Colors, percent: bool = False, logarithmic_x: bool = False
) -> Plot:
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
    groups = {str(name): group.sort_values(x) for name, group in finite.groupby("name", sort=False)}
    bands = {name: group.assign(median=group["value"], q75=group["high"]) for name, group in groups.items()}
    edges = {name: upper_edge(band) for name, band in bands.items()}
    marks: list[Mark] = [Area(g[x], g["low"], edges[name], colors[name]) for name, g in groups.items()]
    marks += [Line(g[x], g["value"], colors[name], dot_size=4) for name, g in groups.items()]
    horizontal = log_axis(finite[x], xlabel) if logarithmic_x else linear_axis(finite[x], 5, xlabel)
    return Plot(horizontal, value_axis(finite, together(*edges.values()), percent), marks)


def value_axis(table: pd.DataFrame, edges: np.ndarray, percent: bool) -> Axis:
    """Return the axis of values, which is logarithmic if they span a large ratio."""
    values, shown = table["value"].to_numpy(float), together(table["value"], table["low"], edges)
    if percent:
        return percent_axis(shown, 6)
    if len(values) and values.min() > 0 and values.max() > LOG_SCALE_RATIO * values.min():
        return log_axis(shown)
    return linear_axis(shown, 6)


def plot_step_functions(table: pd.DataFrame, xlabel: str, colors: Colors) -> Plot:
    """Draw a step function for each name.

    Args:
        table: ``name, x, share``, with share in [0, 1].
        xlabel: the label of the x axis.
        colors: the color of each name.
    """
    groups = {str(name): group for name, group in table.groupby("name", sort=False)}
    marks = [Line(np.repeat(g["x"], 2)[1:], np.repeat(g["share"], 2)[:-1], colors[name]) for name, g in groups.items()]
    shares = percent_axis([0.0, 1.0], 5)._replace(low=SHARES[0], high=SHARES[1])
    return Plot(linear_axis(table["x"], 5, xlabel), shares, marks)
