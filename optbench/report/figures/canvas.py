"""What figures share: size, style, axes.

Each panel is a figure of its own, small enough to be read on a phone without being shrunk. Margins are given, not
searched for: a page of many problems has hundreds of figures, and searching takes as long as drawing.
"""

from collections.abc import Mapping
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from optbench.analysis.metrics import Numbers
from optbench.report.colors import INK, MUTED, RULE

Colors = Mapping[str, str]
WIDTH = 3.7  # inches
ROW = 0.43  # inches that a row of a figure with named rows takes
STYLE = {
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.labelsize": 8.5,
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


class Margins(NamedTuple):
    """Inches between the axes and the figure's edge."""

    left: float = 0.52
    right: float = 0.12
    bottom: float = 0.45
    top: float = 0.12


class Level(NamedTuple):
    """A value worth a line across: a target, a published result."""

    label: str
    value: float


def panel(height: float = 2.7, margins: Margins = Margins(), width: float = WIDTH) -> tuple[Figure, Axes]:  # noqa: B008
    """An empty figure with its axes, in inches."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        left, bottom = margins.left / width, margins.bottom / height
        box = (left, bottom, 1 - left - margins.right / width, 1 - bottom - margins.top / height)
        return figure, figure.add_axes(box)


def rows(labels: list[str], margins: Margins = Margins(left=0.12)) -> tuple[Figure, Axes]:  # noqa: B008
    """A figure with a row for each label, which stands above what the row shows: row i is drawn at height i."""
    figure, axes = panel(margins.bottom + margins.top + ROW * len(labels), margins)
    axes.set_ylim(len(labels) - 0.6, -0.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for place, label in enumerate(labels):
        axes.text(0, place - 0.36, label, transform=axes.get_yaxis_transform(), fontsize=8.5, va="center")
    return figure, axes


def in_percent(axis: Axis, ticks: int) -> None:
    """Shares as percent, at about so many ticks."""
    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))


def plain(axis: Axis, ticks: int) -> None:
    """Numbers without offsets or powers apart, at about so many ticks."""
    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(number))


def logarithmic(axes: Axes, name: str, values: Numbers) -> None:
    """Make axis ``name``, x or y, logarithmic with plain numbers, at least two; ``values`` are what it shows."""
    span = np.max(values) / np.min(values)
    subs = (1.0, 2.0, 5.0) if 3 < span < 50 else (1.0,) if span >= 50 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    axes.set(**{f"{name}scale": "log"})
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=subs, numticks=6))
    axis.set_major_formatter(FuncFormatter(number))
    axis.set_minor_locator(NullLocator())


def number(value: float, _: float = 0) -> str:
    """A tick as short as it can be told."""
    if (value and abs(value) < 1e-3) or abs(value) >= 1e6:
        return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")
    return f"{value:,.6g}".replace("-", "−")


def levels(axes: Axes, found: list[Level]) -> None:
    """Thin dashed lines across, each with its label at the right end."""
    for level in found:
        axes.axhline(level.value, color=MUTED, linewidth=0.8, dashes=(4, 3))
        axes.text(
            0.995, level.value, level.label, transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=7.5
        )
