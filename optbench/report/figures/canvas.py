"""Size, style and axes of figures.

Each panel is a separate figure, small enough to be legible on a phone. Margins are fixed: a page with many problems has
hundreds of figures, and computing margins would take as long as drawing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
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
WIDTH, HEIGHT = 3.7, 2.7  # inches
LABEL_HEIGHT = 0.13  # inches; height of the label of a reference line
ROW_HEIGHT = 0.43  # inches; the height of a row in figures with labeled rows
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
    """Distances between the axes and the edges of the figure, in inches."""

    left: float = 0.52
    right: float = 0.12
    bottom: float = 0.45
    top: float = 0.12


class ReferenceLine(NamedTuple):
    """A horizontal line at a reference value, such as a target or a published result."""

    label: str
    value: float
    deviation: float = 0.0  # half the height of a band around it; 0 for none


Target = tuple[Figure, Axes]
TARGET: ContextVar[Target | None] = ContextVar("TARGET", default=None)  # the axes into which the next panels are drawn


@contextmanager
def draw_into(figure: Figure, axes: Axes) -> Iterator[None]:
    """Make panels be drawn into axes of an existing figure inside the context. Its size and style are kept."""
    token = TARGET.set((figure, axes))
    try:
        yield
    finally:
        TARGET.reset(token)


def create_panel(height: float = HEIGHT, margins: Margins = Margins(), width: float = WIDTH) -> tuple[Figure, Axes]:  # noqa: B008
    """Create an empty figure with its axes. All lengths are in inches; :func:`draw_into` overrides them."""
    target = TARGET.get()
    if target is not None:
        return target
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        left, bottom = margins.left / width, margins.bottom / height
        box = (left, bottom, 1 - left - margins.right / width, 1 - bottom - margins.top / height)
        return figure, figure.add_axes(box)


def create_rows(labels: list[str], margins: Margins = Margins(left=0.12)) -> tuple[Figure, Axes]:  # noqa: B008
    """Create a figure with one row per label. Row i is at the y coordinate i, with its label above."""
    figure, axes = create_panel(margins.bottom + margins.top + ROW_HEIGHT * len(labels), margins)
    axes.set_ylim(len(labels) - 0.6, -0.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for row, label in enumerate(labels):
        axes.text(0, row - 0.36, label, transform=axes.get_yaxis_transform(), fontsize=8.5, va="center")
    return figure, axes


def set_percent_scale(axis: Axis, ticks: int) -> None:
    """Show fractions in percent, with about ``ticks`` ticks."""
    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))


def set_plain_scale(axis: Axis, ticks: int) -> None:
    """Show numbers without offset or exponent, with about ``ticks`` ticks."""
    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(format_tick))


def set_log_scale(axes: Axes, name: str, values: Numbers) -> None:
    """Make an axis logarithmic, with at least two ticks and numbers without exponents.

    Args:
        axes: the axes.
        name: ``x`` or ``y``.
        values: the values on this axis, positive.
    """
    span = np.max(values) / np.min(values)
    subs = (1.0, 2.0, 5.0) if 3 < span < 50 else (1.0,) if span >= 50 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    axes.set(**{f"{name}scale": "log"})
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=subs, numticks=6))
    axis.set_major_formatter(FuncFormatter(format_tick))
    axis.set_minor_locator(NullLocator())


def format_tick(value: float, _: float = 0) -> str:
    """Format the value of a tick in its shortest form."""
    if (value and abs(value) < 1e-3) or abs(value) >= 1e6:
        return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")
    return f"{value:,.6g}".replace("-", "−")


def draw_reference_lines(axes: Axes, lines: list[ReferenceLine]) -> None:
    """Draw thin dashed horizontal lines, with a band if they have a deviation; without labels, see below."""
    for line in lines:
        axes.axhline(line.value, color=MUTED, linewidth=0.8, dashes=(4, 3))
        if line.deviation:
            low, high = line.value - line.deviation, line.value + line.deviation
            axes.axhspan(low, high, color=MUTED, alpha=0.18, linewidth=0)


def label_reference_lines(axes: Axes, lines: list[ReferenceLine]) -> None:
    """Write the label of each line at its right end. Labels of close lines are stacked in order.

    The scale and limits of the value axis must already be set.
    """
    to_axes = axes.transData + axes.transAxes.inverted()
    places = [float(to_axes.transform((axes.get_xlim()[0], line.value))[1]) for line in lines]
    order = sorted(range(len(lines)), key=lambda i: places[i])
    gap = LABEL_HEIGHT * axes.figure.dpi / float(axes.bbox.height)
    for i, place in zip(order, spread([places[i] for i in order], gap, 1 - gap), strict=True):
        axes.text(0.995, place, lines[i].label, transform=axes.transAxes, ha="right", va="bottom", fontsize=7.5)


def spread(places: list[float], gap: float, highest: float) -> list[float]:
    """Return ascending positions that are at least ``gap`` apart, as close to the given ones as possible.

    Args:
        places: ascending positions.
        gap: the minimum distance.
        highest: the maximum position.
    """
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + gap) if found else place)
    limit = highest
    for i in reversed(range(len(found))):
        found[i] = min(found[i], limit)
        limit = found[i] - gap
    return found
