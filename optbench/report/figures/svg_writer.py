"""Write a plot as an SVG element, with colors as CSS variables and coordinates in tenths of a point.

The form is that of :mod:`optbench.report.svg`: it has a text alternative, adapts to the page, and says in
``data-axes`` where its axes are.
"""

from collections.abc import Iterable
from functools import lru_cache
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from optbench.analysis.metrics import Numbers
from optbench.report.colors import INK, MUTED, RULE, css_variables
from optbench.report.compression import to_json
from optbench.report.figures.axes import finite_points
from optbench.report.figures.plot import Area, Axis, Box, Dots, Guide, Line, Lines, Mark, Plot, RowLabel, Text

FONT_SIZE, SMALL = 8.5, 7.5  # points; of labels of axes and rows, and of guides
TICK = 3.0  # points; the length of a tick
VARIABLES = css_variables()
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
Ticks = list[tuple[float, str]]  # positions in points, and labels


def plot_to_svg(plot: Plot, alternative: str) -> str:
    """Return a plot as an ``<svg>`` element without background.

    Args:
        plot: the plot.
        alternative: the text alternative.
    """
    width, height = format_number(72 * plot.width), format_number(72 * plot.height)
    attributes = f'viewBox="0 0 {width} {height}" data-axes="{describe_axes(plot)}"{describe_guides(plot)} {NAMESPACE}'
    head = f'<svg class="figure" role="img" aria-label="{escape(alternative, quote=True)}" {attributes}>'
    place = Place(plot)
    marks = [text for mark in plot.marks for text in draw_mark(mark, place)]
    return "".join([head, *draw_grid(place), *marks, *draw_spines(place), *draw_labels(place), "</svg>"])


def describe_axes(plot: Plot) -> str:
    """Return where the axes are and what they show, as :func:`optbench.report.svg.describe_axes` does."""
    left, right, bottom, top = plot.box
    x = " ".join(f"{value:.6g}" for value in (left, right, plot.x.low, plot.x.high))
    y = " ".join(f"{value:.6g}" for value in (bottom, top, plot.y.low, plot.y.high))
    return f"{x} {scale_name(plot.x)} {y} {scale_name(plot.y)}"


def describe_guides(plot: Plot) -> str:
    """Return an attribute with the labels and values of horizontal lines, which are drawn again with the curves."""
    guides = [(m.label, m.value) for m in plot.marks if isinstance(m, Guide) and not m.is_vertical]
    return f' data-guides="{escape(to_json(guides), quote=True)}"' if guides else ""


def scale_name(axis: Axis) -> str:
    """Return ``log`` or ``linear``."""
    return "log" if axis.is_log else "linear"


class Place:
    """Where the data of a plot are in its figure, in points."""

    def __init__(self, plot: Plot) -> None:
        self.plot = plot
        self.left, self.right, self.bottom, self.top = plot.box
        self.x_ticks = [(self.x(at).item(), label) for at, label in plot.x.ticks]
        self.y_ticks = [(self.y(at).item(), label) for at, label in plot.y.ticks]
        self.top_ticks = [(self.x(at, plot.top).item(), label) for at, label in plot.top.ticks] if plot.top else []

    @property
    def axes(self) -> tuple[tuple[Axis, Ticks], tuple[Axis, Ticks]]:
        """Both axes with the positions and labels of their ticks."""
        return (self.plot.x, self.x_ticks), (self.plot.y, self.y_ticks)

    def x(self, values: ArrayLike, axis: Axis | None = None) -> Numbers:
        """Return horizontal positions."""
        return self.left + (self.right - self.left) * (axis or self.plot.x).fractions(values)

    def y(self, values: ArrayLike) -> Numbers:
        """Return vertical positions."""
        return self.bottom + (self.top - self.bottom) * self.plot.y.fractions(values)

    def points(self, x: ArrayLike, y: ArrayLike) -> Numbers:
        """Return the positions of the points that are finite, (n, 2)."""
        xs, ys = finite_points(x, y)
        return np.column_stack([self.x(xs), self.y(ys)])


def draw_mark(mark: Mark, place: Place) -> list[str]:
    """Return the elements of a mark."""
    if isinstance(mark, Line):
        return draw_line(mark, place)
    if isinstance(mark, Lines):
        paths = "".join(path_of(place.points(x, y)) for x, y in mark.lines)
        return [stroke(paths, mark.color, mark.width, mark.alpha)] if paths else []
    if isinstance(mark, Area):
        low, high = place.points(mark.x, mark.low), place.points(mark.x, mark.high)
        return [fill(f"{path_of(np.concatenate([low, high[::-1]]))}z", mark.color, mark.alpha)] if len(low) else []
    if isinstance(mark, Dots):
        return draw_dots(place.points(mark.x, mark.y), mark.color, mark.size, mark.alpha)
    if isinstance(mark, Box):
        (x0, x1), (y0, y1) = place.x(mark.x).tolist(), place.y(mark.y).tolist()
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        return [fill(f"{path_of(corners)}z", mark.color, mark.alpha)]
    if isinstance(mark, Guide):
        return draw_guide(mark, place)
    if isinstance(mark, Text):
        return [text(mark.text, place.x(mark.x).item(), place.y(mark.y).item() + 3)]
    return draw_row_label(mark, place)


def draw_line(line: Line, place: Place) -> list[str]:
    """Return a line and its dots."""
    points = place.points(line.x, line.y)
    if not len(points):
        return []
    drawn = [stroke(path_of(points), line.color, line.width, line.alpha)]
    return drawn + (draw_dots(points, line.color, line.dot_size) if line.dot_size else [])


def draw_dots(points: Numbers, color: str, size: float, alpha: float = 1.0) -> list[str]:
    """Return dots as one path of lines without length, which round ends make visible."""
    if not len(points):
        return []
    places = np.round(10 * points).astype(int).tolist()
    path = "".join(f"M{format_tenths(x)}{format_tenths(y)}h0" for x, y in places)
    return [stroke(path, color, size, alpha, "; stroke-linecap: round")]


def draw_guide(guide: Guide, place: Place) -> list[str]:
    """Return a line across the axes, and its label at its end."""
    at = (place.x if guide.is_vertical else place.y)(guide.value).item()
    line = ((at, place.top), (at, place.bottom)) if guide.is_vertical else ((place.left, at), (place.right, at))
    drawn = stroke(path_of_segments([line]), MUTED, 0.8, more="; stroke-dasharray: 4 3" if guide.is_dashed else "")
    return [drawn, text(guide.label, place.right - 1, at - 2, "end", SMALL)] if guide.label else [drawn]


def draw_row_label(label: RowLabel, place: Place) -> list[str]:
    """Return the text above a row."""
    return [text(label.text, place.left, place.y(label.row - 0.36).item() + 3, "start")]


def draw_grid(place: Place) -> list[str]:
    """Return the lines of the grid."""
    x_ticks, y_ticks = (ticks if axis.has_grid else [] for axis, ticks in place.axes)
    lines = [((x, place.top), (x, place.bottom)) for x, _ in x_ticks]
    lines += [((place.left, y), (place.right, y)) for y, _ in y_ticks]
    return [stroke(path_of_segments(lines), RULE, 0.6)] if lines else []


def draw_spines(place: Place) -> list[str]:
    """Return the lines of the axes with their ticks."""
    if not place.plot.has_ticks:
        return []
    left, right, bottom, top = place.left, place.right, place.bottom, place.top
    lines = [((left, bottom), (right, bottom)), *(((x, bottom), (x, bottom + TICK)) for x, _ in place.x_ticks)]
    if place.plot.has_left_spine:
        lines += [((left, top), (left, bottom)), *(((left, y), (left - TICK, y)) for y, _ in place.y_ticks)]
    if place.plot.top is not None:
        lines += [((left, top), (right, top)), *(((x, top), (x, top - TICK)) for x, _ in place.top_ticks)]
    return [stroke(path_of_segments(lines), MUTED, 0.7)]


def draw_labels(place: Place) -> list[str]:
    """Return the labels of ticks and axes."""
    plot, middle = place.plot, (place.left + place.right) / 2
    found = [x_label(label, x, place) for x, label in place.x_ticks]
    found += [text(label, place.left - TICK - 2, y + 3, "end") for y, label in place.y_ticks]
    found += [text(label, x, place.top - TICK - 2.5) for x, label in place.top_ticks]
    if plot.x.label:
        found.append(text(plot.x.label, middle, place.bottom + TICK + 21))
    if plot.y.label:
        at = format_number((place.top + place.bottom) / 2)
        found.append(text(plot.y.label, 9, float(at), turned=f' transform="rotate(-90 9 {at})"'))
    if plot.top is not None and plot.top.label:
        found.append(text(plot.top.label, middle, place.top - TICK - 13.5))
    return found


def x_label(label: str, x: float, place: Place) -> str:
    """Return the label of a tick of the x axis."""
    y = place.bottom + TICK + 9
    if not place.plot.x.is_turned:
        return text(label, x, y)
    return text(label, x + 4, y, "end", turned=f' transform="rotate(-30 {x + 4:.1f} {y:.1f})"')


def path_of(points: Numbers) -> str:
    """Return the data of a path through points, (n, 2), relative and in tenths of a point."""
    tenths = np.round(10 * points).astype(int)
    if not len(tenths):
        return ""
    (x, y), moves = tenths[0].tolist(), np.diff(tenths, axis=0).ravel().tolist()
    return f"M{format_tenths(x)}{format_tenths(y)}l{''.join(map(format_tenths, moves)).lstrip()}"


def path_of_segments(lines: Iterable[tuple[tuple[float, float], tuple[float, float]]]) -> str:
    """Return the data of a path of separate straight lines."""
    return "".join(path_of(np.array(line)) for line in lines)


def stroke(path: str, color: str, width: float, alpha: float = 1.0, more: str = "") -> str:
    """Return a path as a line."""
    style = f"fill: none; stroke: {css(color)}; stroke-width: {format_number(width)}{opacity('stroke', alpha)}{more}"
    return f'<path d="{path}" style="{style}"/>'


def fill(path: str, color: str, alpha: float) -> str:
    """Return a closed path as an area."""
    return f'<path d="{path}" style="fill: {css(color)}{opacity("fill", alpha)}"/>'


def opacity(kind: str, alpha: float) -> str:
    """Return the declaration of an opacity, or an empty text if there is none."""
    return f"; {kind}-opacity: {format_number(alpha)}" if alpha < 1 else ""


def text(content: str, x: float, y: float, anchor: str = "middle", size: float = FONT_SIZE, turned: str = "") -> str:
    """Return a text."""
    style = f"font-size: {format_number(size)}px; text-anchor: {anchor}; fill: {css(INK)}"
    return f'<text x="{x:.1f}" y="{y:.1f}"{turned} style="{style}">{escape(content, quote=False)}</text>'


def css(color: str) -> str:
    """Return the CSS variable of a color of the palette; other colors stay as they are."""
    return VARIABLES.get(color, color)


def format_number(value: float) -> str:
    """Format a number in its shortest form, with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("0.", ".", 1) if abs(value) < 1 else f"{value:.4g}"


@lru_cache(maxsize=20_000)
def format_tenths(number: int) -> str:
    """Format a number of tenths in the shortest form, with its separator from the previous number."""
    short = f"{abs(number) / 10:g}".removeprefix("0") or "0"
    return f"-{short}" if number < 0 else f" {short}"
