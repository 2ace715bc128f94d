"""Building blocks of the page, public as ``optbench.report``. The template renders them without further computation.

    Section  a problem, or the comparison over problems
    └── Part         a heading, with a key by which a page can order, fold or replace it
        └── Body         a note, a legend
            ├── Table    rows of cells with text
            └── View     drawings that are visible together; one view per part is visible at a time
                └── Drawing    a figure with title, caption, description and data

Each module in ``parts/`` has a function that creates a part from a :class:`optbench.report.scope.Scope`. It returns
None if there is nothing to show.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from optbench.analysis.formatting import format_number

if TYPE_CHECKING:  # not needed by a page without figures
    from matplotlib.figure import Figure

OWN_PARTS = "own-parts"  # key of the section with user-defined parts


class Cell(NamedTuple):
    """A cell of a table."""

    text: str
    detail: str = ""  # second line in smaller print, such as an interval or a mean
    mark: str = ""  # class of the style sheet
    sort: float | None = None  # sort key in a sortable table; the text if None
    path: str = ""  # path data of a sparkline
    color: str = ""  # color of the sparkline, from the palette


class Row(NamedTuple):
    """A row of a table."""

    header: str
    cells: Sequence[Cell]
    mark: str = ""  # line below the header, which states that the row differs from the baseline
    rank: int = 0  # number before the header; 0 for none
    color: str = ""  # color of the row in figures, from the palette


class Table(NamedTuple):
    """A table of the page."""

    caption: str
    columns: Sequence[str]  # headings; the first one is that of the row headers
    rows: Sequence[Row]
    is_sortable: bool = False  # whether clicking a heading sorts it

    @classmethod
    def from_frame(cls, caption: str, frame: pd.DataFrame) -> "Table":
        """Return a sortable table made from a DataFrame.

        Args:
            caption: the title of the table.
            frame: a DataFrame with at least one column; the first one contains the row headers. Numbers are shown with
                four significant digits and sorted by value. The index is left out.

        >>> table = Table.from_frame("Gap", pd.DataFrame({"optimizer": ["sgd"], "gap": [0.12345]}))
        >>> table.rows[0].header, table.rows[0].cells[0].text
        ('sgd', '0.1235')
        """
        rows = [Row(str(header), [value_cell(v) for v in values]) for header, *values in frame.itertuples(index=False)]
        return cls(caption, [str(name) for name in frame.columns], rows, is_sortable=True)


class Drawing(NamedTuple):
    """A figure with its texts and data. It is drawn when the page is rendered, so that memory holds only one."""

    name: str  # unique on the page; used for ids and file names
    title: str
    caption: str  # one or two sentences on how to read the figure
    description: str  # content of the figure in words, for its text alternative
    data: pd.DataFrame  # the data of the figure
    draw: Callable[[], "Figure"]
    shares_data_with: str = ""  # name of the drawing on the page that has the same data; may be empty
    svg: str = ""  # figure as text if it is already drawn; empty if it is drawn when the page is rendered
    shown: str = ""  # splits and metrics drawn, if the data has several, such as "valid loss"
    seeds: pd.DataFrame | None = None  # curves of single seeds, shown on demand: setting, split, metric,
    #   seed, step, value
    is_wide: bool = False  # whether it uses the whole width of the page, and scrolls on narrow ones


class View(NamedTuple):
    """Drawings that are visible together."""

    label: str
    drawings: Sequence[Drawing]


class LegendEntry(NamedTuple):
    """An entry of a legend."""

    color: str  # color, from the palette
    text: str
    name: str = ""  # its name in the data of the figures; empty if a click must not hide it


def value_cell(value: object) -> Cell:
    """Return a cell with a value: a number with four significant digits, or a text."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return Cell(str(value))
    number = float(value)
    text = f"{value:,}".replace("-", "−") if isinstance(value, Integral) else format_number(number, 4)
    return Cell("no value" if number != number else text, sort=number)


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

    key: str  # identifies the part in every section that has it; used for ids
    title: str
    body: Body


@dataclass(frozen=True)
class Section:
    """The content below one entry of the navigation."""

    key: str  # unique on the page; used for ids
    title: str
    properties: Mapping[str, str]  # properties of the problem by name
    parts: Sequence[Part]
