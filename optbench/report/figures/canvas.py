"""Size, style and axes of the figures that matplotlib draws.

Margins are fixed, because computing them would take as long as drawing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from optbench.report.colors import INK, MUTED, RULE
from optbench.report.figures.axes import format_tick
from optbench.report.figures.plot import HEIGHT, ROW_HEIGHT, WIDTH, Margins

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


Target = tuple[Figure, Axes]
TARGET: ContextVar[Target | None] = ContextVar("TARGET", default=None)  # what the next panels are drawn into


@contextmanager
def draw_into(figure: Figure, axes: Axes) -> Iterator[None]:
    """Draw panels into axes of a figure inside the context, in place of figures of their own; size and style stay."""
    token = TARGET.set((figure, axes))
    try:
        yield
    finally:
        TARGET.reset(token)


def create_panel(height: float = HEIGHT, margins: Margins = Margins(), width: float = WIDTH) -> tuple[Figure, Axes]:  # noqa: B008
    """Create an empty figure with its axes. All lengths are in inches; :func:`draw_into` overrules them."""
    target = TARGET.get()
    if target is not None:
        return target
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        left, bottom = margins.left / width, margins.bottom / height
        box = (left, bottom, 1 - left - margins.right / width, 1 - bottom - margins.top / height)
        return figure, figure.add_axes(box)


def create_rows(labels: list[str], margins: Margins = Margins(left=0.12)) -> tuple[Figure, Axes]:  # noqa: B008
    """Create a figure with a row for each label. Row i is at the y coordinate i, and its label is above it."""
    figure, axes = create_panel(margins.bottom + margins.top + ROW_HEIGHT * len(labels), margins)
    axes.set_ylim(len(labels) - 0.6, -0.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for row, label in enumerate(labels):
        axes.text(0, row - 0.36, label, transform=axes.get_yaxis_transform(), fontsize=8.5, va="center")
    return figure, axes


def set_plain_scale(axis: Axis, ticks: int) -> None:
    """Show numbers without offset or exponent, with about ``ticks`` ticks."""
    axis.set_major_locator(MaxNLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_tick(value)))
