"""Parts of the page that are functions of the user's own, and the choice among ours.

    report.parts=[my_package.my_part]                  all of ours, and one of the user's own
    report.parts=[convergence,my_package.my_part]      of ours only the curves

A function of the user's own takes a :class:`StudyResult` and returns a :class:`Part`. What it raises or returns wrongly
becomes a line on the page and in the terminal; the rest of the page is as it would be without it.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.colors import is_color_like, to_hex
from matplotlib.figure import Figure

from optbench.config.parameters import unknown_name
from optbench.config.user_code import describe_code, describe_raised, describe_returned, import_code
from optbench.errors import ConfigError, OptbenchError, describe_error
from optbench.report.blocks import OWN_PARTS, Body, Drawing, LegendEntry, Part, Section, slugify
from optbench.report.figures.canvas import STYLE
from optbench.report.form import check_form
from optbench.report.parts import PARTS
from optbench.report.scope import Scope
from optbench.report.svg import figure_to_svg
from optbench.spec.study_result import StudyResult

PartFunction = Callable[[StudyResult], Part]
Note = Callable[[str], None]  # shows a line to whoever waits for the report


class ChosenParts(NamedTuple):
    """The parts that a list names."""

    ours: Sequence[Callable[[Scope], Part | None]]
    own: Sequence[str | PartFunction]  # dotted paths and functions


def choose_parts(listed: Sequence[str | PartFunction]) -> ChosenParts:
    """Return the parts of ours that a list names, all if it names none, and those of the user's own.

    Args:
        listed: names of ours, dotted paths, and functions.

    Raises:
        ConfigError: there is no part of ours of a name.
    """
    known = {part_name(make_part): make_part for make_part in PARTS}
    names = [each for each in listed if isinstance(each, str) and "." not in each]
    for name in names:
        if name not in known:
            advice = "One of your own is named by a dotted path, such as my_package.my_part."
            raise ConfigError(f"{unknown_name(f'The part `{name}` of `report.parts`', name, known)} {advice}")
    own = [each for each in listed if not isinstance(each, str) or "." in each]
    for each in own:
        check_callable(each)
    return ChosenParts([known[name] for name in dict.fromkeys(names)] or PARTS, list(dict.fromkeys(own)))


def part_name(make_part: Callable[[Scope], Part | None]) -> str:
    """Return the name of a part of ours: that of its module."""
    return make_part.__module__.rpartition(".")[2]


def check_parts(listed: Sequence[str]) -> None:
    """Raise ConfigError unless all parts of a list exist and those of the user's own can be imported."""
    for path in choose_parts(listed).own:
        check_arguments(find_function(path))


def check_callable(part: object) -> None:
    """Raise ConfigError unless a part is named or is a function."""
    if not isinstance(part, str) and not callable(part):
        raise ConfigError(
            "A part must be a function of one argument, the StudyResult, or its dotted path. "
            f"Received: {describe_returned(part)}."
        )


def find_function(source: str | PartFunction) -> PartFunction:
    """Return the function of a part. ConfigError if a dotted path does not name one."""
    return import_code("report.parts", source, "[package.module.function]") if isinstance(source, str) else source


def check_arguments(function: PartFunction) -> None:
    """Raise ConfigError unless a function can be called with one argument."""
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise ConfigError(
            "A part must be a function of one argument, the StudyResult. "
            f"Received: {describe_code(function)} with the arguments {inspect.signature(function)}."
        ) from None
    except ValueError:
        return  # a function without a signature that can be read


def own_section(own: Sequence[str | PartFunction], result: StudyResult, note: Note) -> Section | None:
    """Return the section with the user's own parts, or None if there are none.

    Args:
        own: dotted paths and functions.
        result: the result of the study.
        note: shows a line for each part that is left out.
    """
    if not own:
        return None
    parts = [own_part(each, number, result, note) for number, each in enumerate(own, 1)]
    return Section(OWN_PARTS, "Own parts", {}, parts)


def own_part(source: str | PartFunction, number: int, result: StudyResult, note: Note) -> Part:
    """Return a part of the user's own with its figures drawn, or a part that says why it is left out."""
    try:
        function = find_function(source)
        part = call_part(function, result)
        check_part(part)
        return replace(part, key=f"{number}-{slugify(part.key)}", body=draw_body(function, part.body, f"own-{number}"))
    except OptbenchError as error:
        name = source if isinstance(source, str) else getattr(source, "__name__", "of one's own")
        note(f"report: the part {name} is left out. {error}")
        return Part(f"{number}-left-out", str(name), Body(note=f"This part is left out. {error}"))


def call_part(function: PartFunction, result: StudyResult) -> Part:
    """Call the function of a part. ConfigError if it raises or returns something else."""
    try:
        part = function(result)
    except (Exception, SystemExit) as error:  # a function of the user's may raise anything
        raise ConfigError(f"{describe_raised(function, error)}.") from None
    if not isinstance(part, Part):
        raise ConfigError(
            f"It must return a Part. Received: {describe_returned(part)} from {describe_code(function)}. "
            "Return optbench.report.Part(key, title, Body(...))."
        )
    return part


def check_part(part: Part) -> None:
    """Raise ConfigError unless all values of a part have their types and each row of a table has a cell per column."""
    check_form(part, Part, "Part")
    for table in part.body.tables:
        for row in table.rows:
            if len(row.cells) != len(table.columns) - 1:
                raise ConfigError(
                    f"Each row of the table `{table.caption}` must have a cell for each column but the first. "
                    f"Received: {len(row.cells)} cells in the row `{row.header}` for {len(table.columns)} columns."
                )
    names = [drawing.name for drawing in part.body.drawings]
    for drawing in part.body.drawings:
        if names.count(drawing.name) > 1 or drawing.shares_data_with not in ("", *names):
            raise ConfigError(f"The figures of a part need different names. Received: {', '.join(names)}.")


def draw_body(function: PartFunction, body: Body, prefix: str) -> Body:
    """Return the content of a part with drawn figures, whose names begin with ``prefix``, and colors as the page needs.

    Raises:
        ConfigError: a figure cannot be drawn, or a color does not exist.
    """
    views = [
        view._replace(drawings=[draw_own(function, drawing, prefix) for drawing in view.drawings])
        for view in body.views
    ]
    return replace(body, views=views, legend=[entry._replace(color=read_color(entry)) for entry in body.legend])


def read_color(entry: LegendEntry) -> str:
    """Return the color of an entry of a legend in hexadecimal form."""
    if not is_color_like(entry.color):
        raise ConfigError(
            f"The color of the legend's `{entry.text}` must be one of matplotlib. Received: {entry.color}."
        )
    return to_hex(entry.color)


def draw_own(function: PartFunction, drawing: Drawing, prefix: str) -> Drawing:
    """Return a drawing with its text, and a function that draws it again."""
    name, shared = (f"{prefix}-{slugify(each)}" if each else "" for each in (drawing.name, drawing.shares_data_with))
    draw = partial(draw_figure, function, drawing)
    try:
        svg = figure_to_svg(draw(), name, f"{drawing.title} {drawing.description}")
    except OptbenchError:
        raise
    except Exception as error:  # a figure of the user's may be of any kind
        raise ConfigError(f"The figure `{drawing.name}` cannot be drawn: {describe_error(error)}.") from None
    return drawing._replace(name=name, shares_data_with=shared, draw=draw, svg=svg)


def draw_figure(function: PartFunction, drawing: Drawing) -> Figure:
    """Draw a figure of the user's own in the style of the page. ConfigError if its function fails."""
    try:
        with mpl.rc_context(STYLE):
            figure = drawing.draw()
    except (Exception, SystemExit) as error:  # a function of the user's may raise anything
        raised = describe_raised(function, error)
        raise ConfigError(f"The figure `{drawing.name}` cannot be drawn: {raised}.") from None
    if not isinstance(figure, Figure):
        raise ConfigError(
            f"`draw` of the figure `{drawing.name}` must return a matplotlib Figure. "
            f"Received: {describe_returned(figure)}."
        )
    if "matplotlib.pyplot" in sys.modules:  # which would keep the figure
        sys.modules["matplotlib.pyplot"].close(figure)
    return figure
