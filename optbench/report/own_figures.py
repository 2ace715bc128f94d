"""User-defined figures, drawn and checked before the page is rendered."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import matplotlib as mpl
from matplotlib.colors import is_color_like, to_hex
from matplotlib.figure import Figure

from optbench.config.user_code import describe_raised, describe_returned
from optbench.errors import ConfigError, OptbenchError, describe_error
from optbench.report.blocks import Body, Drawing, LegendEntry, slugify
from optbench.report.figures.canvas import STYLE
from optbench.report.svg import figure_to_svg

Function = Callable[..., Any]  # function that made the part, for messages


def draw_body(function: Function, body: Body, prefix: str) -> Body:
    """Return the content of a part with drawn figures, whose names start with ``prefix``, and with valid colors.

    Raises:
        ConfigError: a figure cannot be drawn, or a color does not exist.
    """
    views = [
        view._replace(drawings=[draw_own(function, drawing, prefix) for drawing in view.drawings])
        for view in body.views
    ]
    return replace(body, views=views, legend=[entry._replace(color=read_color(entry)) for entry in body.legend])


def read_color(entry: LegendEntry) -> str:
    """Return the color of a legend entry in hexadecimal form."""
    if not is_color_like(entry.color):
        raise ConfigError(
            f"The color of the legend's `{entry.text}` must be one of matplotlib. Received: {entry.color}."
        )
    return to_hex(entry.color)


def draw_own(function: Function, drawing: Drawing, prefix: str) -> Drawing:
    """Return a drawing with its text, and a function that draws it again."""
    name, shared = (f"{prefix}-{slugify(each)}" if each else "" for each in (drawing.name, drawing.shares_data_with))
    draw = partial(draw_figure, function, drawing)
    try:
        svg = figure_to_svg(draw(), name, f"{drawing.title} {drawing.description}")
    except OptbenchError:
        raise
    except Exception as error:  # a user's figure may have any type
        raise ConfigError(f"The figure `{drawing.name}` cannot be drawn: {describe_error(error)}.") from None
    return drawing._replace(name=name, shares_data_with=shared, draw=draw, svg=svg)


def draw_figure(function: Function, drawing: Drawing) -> Figure:
    """Draw a user-defined figure in the style of the page. ConfigError if its function fails."""
    try:
        with mpl.rc_context(STYLE):
            figure = drawing.draw()
    except (Exception, SystemExit) as error:  # a user's function may raise any exception
        raised = describe_raised(function, error)
        raise ConfigError(f"The figure `{drawing.name}` cannot be drawn: {raised}.") from None
    if not isinstance(figure, Figure):
        raise ConfigError(
            f"`draw` of the figure `{drawing.name}` must return a matplotlib Figure. "
            f"Received: {describe_returned(figure)}."
        )
    if "matplotlib.pyplot" in sys.modules:  # which would keep the figure in memory
        sys.modules["matplotlib.pyplot"].close(figure)
    return figure
