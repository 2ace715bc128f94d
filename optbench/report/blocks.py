"""Building blocks of the page. The template renders them without further computation.

    Section  a problem, or the comparison over problems
    └── Part         a heading, with a key by which a page can order, fold or replace it
        └── Body         a note, a legend
            ├── Table    rows of cells with text
            └── View     drawings that are visible together; one view of a part is visible at a time
                └── Drawing    a figure with title, caption, description and data

Each module in ``parts/`` has a function that creates a part from a :class:`optbench.report.scope.Scope`. It returns
None if there is nothing to show.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure


class Cell(NamedTuple):
    """A cell of a table."""

    text: str
    detail: str = ""  # a second line in smaller print, such as an interval or a mean
    mark: str = ""  # a class of the style sheet
    sort: float | None = None  # the number by which a sortable table sorts; the text if None
    path: str = ""  # the data of the path of a sparkline
    color: str = ""  # of the sparkline: a color of the palette


class Row(NamedTuple):
    """A row of a table."""

    header: str
    cells: Sequence[Cell]
    mark: str = ""  # a line below the header, which states that the row differs from the baseline
    rank: int = 0  # a number before the header; 0 for none
    color: str = ""  # a color of the palette, which the figures have for the row


class Table(NamedTuple):
    """A table of the page."""

    caption: str
    columns: Sequence[str]  # headings; the first one belongs to the row headers
    rows: Sequence[Row]
    is_sortable: bool = False  # whether a click on a heading sorts it


class Drawing(NamedTuple):
    """A figure with its texts and data. It is drawn when the page is rendered, so that only one figure is in memory."""

    name: str  # unique on the page; used for ids and file names
    title: str
    caption: str  # one or two sentences on how to read the figure
    description: str  # the content of the figure in words, for its text alternative
    data: pd.DataFrame  # the data of the figure
    draw: Callable[[], Figure]
    shares_data_with: str = ""  # the name of the drawing with the same data, or empty


class View(NamedTuple):
    """Drawings that are visible together."""

    label: str
    drawings: Sequence[Drawing]


class LegendEntry(NamedTuple):
    """An entry of a legend."""

    color: str  # a color of the palette
    text: str
    name: str = ""  # the name that the data of the figures have for it; empty for what a click must not hide


def slugify(label: str) -> str:
    """Convert a label to a part of an id or a file name."""
    return re.sub(r"[^\w.]+", "-", label)


@dataclass(frozen=True)
class Body:
    """The content of a part, from top to bottom."""

    note: str = ""
    tables: Sequence[Table] = ()
    legend: Sequence[LegendEntry] = ()
    views: Sequence[View] = ()

    @property
    def drawings(self) -> list[Drawing]:
        """The drawings of all views."""
        return [drawing for view in self.views for drawing in view.drawings]


@dataclass(frozen=True)
class Part:
    """The content below one heading."""

    key: str  # names the part in every section that has it; used for ids
    title: str
    body: Body


@dataclass(frozen=True)
class Section:
    """The content below one entry of the navigation."""

    key: str  # unique on the page; used for ids
    title: str
    properties: Mapping[str, str]  # properties of the problem by name
    parts: Sequence[Part]
