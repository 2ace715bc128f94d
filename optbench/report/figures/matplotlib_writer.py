"""Draw a plot with matplotlib: for PDF files and notebooks."""

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis as MatplotlibAxis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from optbench.report.colors import MUTED
from optbench.report.figures.canvas import STYLE, create_panel
from optbench.report.figures.plot import Area, Axis, Box, Dots, Guide, Line, Lines, Mark, Plot, RowLabel, Text


def to_figure(drawn: Plot | Figure) -> Figure:
    """Return a figure of matplotlib, which is drawn if ``drawn`` is a plot."""
    return drawn if isinstance(drawn, Figure) else draw(drawn)


def draw(plot: Plot) -> Figure:
    """Draw a plot."""
    with mpl.rc_context(STYLE):
        figure, axes = create_panel(plot.height, plot.margins, plot.width)
        for axis, name, drawn in ((plot.x, "x", axes.xaxis), (plot.y, "y", axes.yaxis)):
            axes.set(**{f"{name}scale": "log" if axis.is_log else "linear", f"{name}lim": (axis.low, axis.high)})
            set_ticks(drawn, axis)
        axes.set(xlabel=plot.x.label, ylabel=plot.y.label)
        axes.spines["left"].set_visible(plot.has_left_spine and plot.has_ticks)
        axes.spines["bottom"].set_visible(plot.has_ticks)
        axes.tick_params(length=3 if plot.has_ticks else 0)
        for mark in plot.marks:
            draw_mark(axes, mark)
        if plot.top is not None:
            draw_top_axis(axes, plot.top)
    return figure


def set_ticks(axis: MatplotlibAxis, of: Axis) -> None:
    """Give an axis its ticks and their labels."""
    axis.set_major_locator(FixedLocator([at for at, _ in of.ticks]))
    axis.set_major_formatter(FixedFormatter([label for _, label in of.ticks]))
    axis.set_minor_locator(NullLocator())
    axis.grid(of.has_grid)
    if of.is_turned:
        for label in axis.get_ticklabels():
            label.set(rotation=30, ha="right")


def draw_top_axis(axes: Axes, top: Axis) -> None:
    """Draw the second scale of the x axis as lines and texts, so that axes of the caller's stay one."""
    for (_, label), x in zip(top.ticks, top.fractions([at for at, _ in top.ticks]).tolist(), strict=True):
        axes.plot([x, x], [1, 1.025], color=MUTED, linewidth=0.8, transform=axes.transAxes, clip_on=False)
        axes.text(x, 1.04, label, transform=axes.transAxes, ha="center", va="bottom", fontsize=8.5)
    axes.plot([0, 1], [1, 1], color=MUTED, linewidth=0.7, transform=axes.transAxes, clip_on=False)
    axes.text(0.5, 1.15, top.label, transform=axes.transAxes, ha="center", va="bottom", fontsize=8.5)


def draw_mark(axes: Axes, mark: Mark) -> None:
    """Draw a mark."""
    if isinstance(mark, Line):
        axes.plot(mark.x, mark.y, color=mark.color, linewidth=mark.width, alpha=mark.alpha, marker="o",
                  markersize=mark.dot_size, markeredgewidth=0)  # fmt: skip
    elif isinstance(mark, Lines):
        for x, y in mark.lines:
            axes.plot(x, y, color=mark.color, linewidth=mark.width, alpha=mark.alpha)
    elif isinstance(mark, Area):
        axes.fill_between(mark.x, mark.low, mark.high, color=mark.color, alpha=mark.alpha, linewidth=0)
    elif isinstance(mark, Dots):
        axes.plot(mark.x, mark.y, "o", color=mark.color, alpha=mark.alpha, markersize=mark.size, markeredgewidth=0)
    elif isinstance(mark, Box):
        axes.fill(np.repeat(mark.x, 2), [*mark.y, *mark.y[::-1]], color=mark.color, alpha=mark.alpha, linewidth=0)
    elif isinstance(mark, Guide):
        draw_guide(axes, mark)
    elif isinstance(mark, Text):
        axes.text(mark.x, mark.y, mark.text, ha="center", va="center", fontsize=8.5)
    elif isinstance(mark, RowLabel):
        axes.text(0, mark.row - 0.36, mark.text, transform=axes.get_yaxis_transform(), fontsize=8.5, va="center")


def draw_guide(axes: Axes, guide: Guide) -> None:
    """Draw a line across the axes with its label."""
    across = axes.axvline if guide.is_vertical else axes.axhline
    across(guide.value, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)) if guide.is_dashed else "-")
    if guide.label:
        at = axes.get_yaxis_transform()
        axes.text(0.995, guide.value, guide.label, transform=at, ha="right", va="bottom", fontsize=7.5)
