"""A figure as data: two axes and the marks between them, in the coordinates of the data.

    Plot ──> figures.svg_writer.plot_to_svg         the text of an <svg>, for the page
         ──> figures.matplotlib_writer.to_figure    a matplotlib Figure, for papers and notebooks

A page of many problems has hundreds of figures. matplotlib needs a tenth of a second for one of them; the text of a
plot is written in a few milliseconds. Figures that need more than lines, areas, dots and boxes are drawn by matplotlib.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from optbench.analysis.metrics import Numbers

Colors = Mapping[str, str]
WIDTH, HEIGHT = 3.7, 2.7  # inches; each panel is small enough to be legible on a phone
ROW_HEIGHT = 0.43  # inches; the height of a row in figures with labeled rows
FIRST_ROW, LAST_ROW = -0.6, -0.4  # the ends of an axis of rows, from the first and from the number of rows


class Margins(NamedTuple):
    """Distances between the axes and the edges of the figure, in inches."""

    left: float = 0.52
    right: float = 0.12
    bottom: float = 0.45
    top: float = 0.12


class Axis(NamedTuple):
    """An axis: its ends and its ticks, in the coordinates of the data."""

    low: float  # at the left or at the bottom
    high: float  # at the other end; less than ``low`` if the axis is reversed
    ticks: Sequence[tuple[float, str]] = ()  # places and labels
    label: str = ""
    is_log: bool = False
    is_turned: bool = False  # whether the labels of its ticks are long, so that they are turned
    has_grid: bool = True

    def fractions(self, values: ArrayLike) -> Numbers:
        """Return where values are on the axis: 0 is its first end and 1 the other. Values beyond are at the ends."""
        low, high, numbers = self.low, self.high, np.asarray(values, float)
        if self.is_log:
            low, high = np.log([low, high])
            numbers = np.log(np.maximum(numbers, np.finfo(float).tiny))
        return np.clip((numbers - low) / (high - low), 0.0, 1.0)


class Line(NamedTuple):
    """A line through points; missing values are left out."""

    x: ArrayLike
    y: ArrayLike
    color: str
    width: float = 1.7  # points
    alpha: float = 1.0
    dot_size: float = 0.0  # diameter of dots at its points, in points


class Lines(NamedTuple):
    """Several lines of one style."""

    lines: Sequence[tuple[ArrayLike, ArrayLike]]
    color: str
    width: float
    alpha: float


class Area(NamedTuple):
    """The area between two lines over the same x coordinates."""

    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    color: str
    alpha: float = 0.18


class Dots(NamedTuple):
    """Dots at points."""

    x: ArrayLike
    y: ArrayLike
    color: str
    size: float  # diameter in points
    alpha: float = 1.0


class Box(NamedTuple):
    """A rectangle."""

    x: tuple[float, float]
    y: tuple[float, float]
    color: str
    alpha: float


class Guide(NamedTuple):
    """A straight line across the axes at a value, with a label at its end."""

    value: float
    label: str = ""
    is_vertical: bool = False
    is_dashed: bool = True


class RowLabel(NamedTuple):
    """A text above a row."""

    row: int
    text: str


class Text(NamedTuple):
    """A text whose center is at a point."""

    x: float
    y: float
    text: str


Mark = Line | Lines | Area | Dots | Box | Guide | RowLabel | Text


@dataclass(frozen=True)
class Plot:
    """A figure of one panel."""

    x: Axis
    y: Axis
    marks: Sequence[Mark]  # later ones are drawn over earlier ones
    top: Axis | None = None  # a second scale of the x axis
    width: float = WIDTH  # inches
    height: float = HEIGHT
    margins: Margins = Margins()  # noqa: RUF009 - a tuple
    has_left_spine: bool = True
    has_ticks: bool = True  # whether labels of ticks have lines; a table of boxes has none

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The left, right, bottom and top of the axes in points, from the upper left corner of the figure."""
        left, right, bottom, top = (72 * margin for margin in self.margins)
        return left, 72 * self.width - right, 72 * self.height - bottom, top


def rows_plot(labels: Sequence[str], x: Axis, marks: Sequence[Mark], margins: Margins = Margins(left=0.12)) -> Plot:  # noqa: B008
    """Return a figure with a row for each label. Row i is at the y coordinate i, and its label is above it."""
    height = margins.bottom + margins.top + ROW_HEIGHT * len(labels)
    texts = [RowLabel(row, label) for row, label in enumerate(labels)]
    y = Axis(len(labels) + FIRST_ROW, LAST_ROW - 0.2)
    return Plot(x, y, [*texts, *marks], height=height, margins=margins, has_left_spine=False)
