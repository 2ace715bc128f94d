"""Parts of the page that are functions of the user's own, and the choice among ours.

    report.parts=[my_package.my_part]                  all of ours, and one of the user's own
    report.parts=[convergence,my_package.my_part]      of ours only the curves

A function of the user's own takes a :class:`StudyResult` and returns a :class:`Part`. What it raises or returns wrongly
becomes a line on the page and in the terminal; the rest of the page is as it would be without it.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from optbench.config.parameters import unknown_name
from optbench.config.user_code import describe_code, describe_raised, describe_returned, import_code
from optbench.errors import ConfigError, OptbenchError
from optbench.report.blocks import OWN_PARTS, Body, Part, Section, slugify
from optbench.report.drawn import is_own_part
from optbench.report.form import check_form
from optbench.report.parts import PARTS
from optbench.report.scope import Scope
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
    names = [each for each in listed if isinstance(each, str) and not is_own_part(each)]
    for name in names:
        if name not in known:
            advice = "One of your own is named by a dotted path, such as my_package.my_part."
            raise ConfigError(f"{unknown_name(f'The part `{name}` of `report.parts`', name, known)} {advice}")
    own = [each for each in listed if is_own_part(each)]
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
        if part.body.views or part.body.legend:
            from optbench.report.own_figures import draw_body  # matplotlib is not needed otherwise

            part = replace(part, body=draw_body(function, part.body, f"own-{number}"))
        return replace(part, key=f"{number}-{slugify(part.key)}")
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
