"""What the page is built from: sections of parts, a part of tables and drawings. The template places them as they are.

    Section  a problem, or the overview over problems
    └── Part         a heading, a note, a legend
        ├── Table    rows of cells, ready as text
        └── View     of several views of a part one is seen at a time
            └── Drawing    a figure with its title, how to read it, what it shows in words, and its data

A part is made by a function of one module in ``parts/``, from a :class:`optbench.report.scope.Scope`; it is None where
there is nothing to show.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure


class Cell(NamedTuple):
    """One cell of a table."""

    text: str
    below: str = ""  # smaller, in a line of its own: an interval, a mean


class Row(NamedTuple):
    """One row of a table."""

    header: str
    cells: Sequence[Cell]
    mark: str = ""  # below the header: that it differs from the baseline


class Table(NamedTuple):
    """A table as it stands on the page."""

    caption: str
    columns: Sequence[str]  # the first is the headers'
    rows: Sequence[Row]


class Drawing(NamedTuple):
    """A figure and everything that belongs to it. It is drawn when it is placed, so that no two are held at once."""

    name: str  # unlike any other's on the page; of its ids and its files
    title: str
    how: str  # how to read it, one or two sentences
    words: str  # what it shows, for those who do not see it
    data: pd.DataFrame  # what is drawn, as numbers
    draw: Callable[[], Figure]
    data_of: str = ""  # the drawing whose data these are too; empty where they are its own


class View(NamedTuple):
    """Drawings that are seen together."""

    label: str
    drawings: Sequence[Drawing]


class Key(NamedTuple):
    """A line of a legend."""

    color: str  # of the palette
    text: str


def as_name(label: str) -> str:
    """A label as a piece of a drawing's name, for ids and files."""
    return re.sub(r"[^\w.]+", "-", label)


class Part(NamedTuple):
    """What stands under one heading."""

    title: str
    note: str = ""
    tables: Sequence[Table] = ()
    legend: Sequence[Key] = ()
    views: Sequence[View] = ()


class Section(NamedTuple):
    """What stands under one entry of the navigation."""

    title: str
    anchor: str
    about: Mapping[str, str]  # terms and what is said of them
    parts: Sequence[Part]
