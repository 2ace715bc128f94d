"""User-defined parts of the page, and the selection among built-in parts.

    report.parts=[my_package.my_part]                  all built-in parts, and a user-defined one
    report.parts=[convergence,my_package.my_part]      of the built-in parts, only the curves

A user's function takes a :class:`StudyResult` and returns a :class:`Part`. If it raises an exception or returns
something else, a line on the page and in the terminal says so. The rest of the page is not affected.
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
Note = Callable[[str], None]  # prints a line for whoever waits for the report


class ChosenParts(NamedTuple):
    """The parts that a list selects."""

    ours: Sequence[Callable[[Scope], Part | None]]
    own: Sequence[str | PartFunction]  # dotted paths and functions


def choose_parts(listed: Sequence[str | PartFunction]) -> ChosenParts:
    """Return the built-in parts that a list names, or all if it names none, and the user-defined parts.

    Args:
        listed: names of built-in parts, dotted paths, and functions.

    Raises:
        ConfigError: there is no built-in part with a given name.
    """
    known = {part_name(make_part): make_part for make_part in PARTS}
    names = [each for each in listed if isinstance(each, str) and not is_own_part(each)]
    for name in names:
        if name not in known:
            advice = "Name your own part by its dotted path, such as my_package.my_part."
            raise ConfigError(f"{unknown_name(f'The part `{name}` of `report.parts`', name, known)} {advice}")
    own = [each for each in listed if is_own_part(each)]
    for each in own:
        check_callable(each)
    return ChosenParts([known[name] for name in dict.fromkeys(names)] or PARTS, list(dict.fromkeys(own)))


def part_name(make_part: Callable[[Scope], Part | None]) -> str:
    """Return the name of a built-in part, which is that of its module."""
    return make_part.__module__.rpartition(".")[2]


def check_parts(listed: Sequence[str]) -> None:
    """Raise ConfigError unless all built-in parts in a list exist and all user-defined ones can be imported."""
    for path in choose_parts(listed).own:
        check_arguments(find_function(path))


def check_callable(part: object) -> None:
    """Raise ConfigError unless a part is a name or a function."""
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
        return  # a function without a readable signature


def own_section(own: Sequence[str | PartFunction], result: StudyResult, note: Note) -> Section | None:
    """Return the section with user-defined parts, or None if there are none.

    Args:
        own: dotted paths and functions.
        result: the result of the study.
        note: prints a line for each part that is left out.
    """
    if not own:
        return None
    parts = [own_part(each, number, result, note) for number, each in enumerate(own, 1)]
    return Section(OWN_PARTS, "Own parts", {}, parts)


def own_part(source: str | PartFunction, number: int, result: StudyResult, note: Note) -> Part:
    """Return a user-defined part with its figures drawn, or a part that says why it is left out."""
    try:
        function = find_function(source)
        part = call_part(function, result)
        check_part(part)
        if part.body.views or part.body.legend:
            from optbench.report.own_figures import draw_body  # matplotlib is imported only when needed

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
    except (Exception, SystemExit) as error:  # a user's function may raise any exception
        raise ConfigError(f"{describe_raised(function, error)}.") from None
    if not isinstance(part, Part):
        raise ConfigError(
            f"It must return a Part. Received: {describe_returned(part)} from {describe_code(function)}. "
            "Return optbench.report.Part(key, title, Body(...))."
        )
    return part


def check_part(part: Part) -> None:
    """Raise ConfigError unless all values of a part have the right types and each table row has one cell per column."""
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
