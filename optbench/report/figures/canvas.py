"""What figures share: size, style, axes.

Each panel is a figure of its own, small enough to be read on a phone without being shrunk.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from optbench.report.colors import INK, MUTED, RULE

Colors = Mapping[str, str]
PANEL = (3.7, 2.7)  # inches
STYLE = {
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.titlesize": 10,
    "axes.titlecolor": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}


def panel(height: float = PANEL[1]) -> tuple[Figure, Axes]:
    """An empty figure with its axes; ``height`` in inches."""
    figure = Figure(figsize=(PANEL[0], height), layout="constrained")
    return figure, figure.add_subplot()


def in_percent(axis: Axis, ticks: int) -> None:
    """Shares as percent, at about so many ticks."""
    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))


def logarithmic(axes: Axes, values: pd.Series) -> None:
    """A logarithmic axis with plain numbers, at least two of them."""
    axes.set_yscale("log")
    span = values.max() / values.min()
    subs = (1.0, 2.0, 5.0) if 3 < span < 50 else (1.0,) if span >= 50 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
