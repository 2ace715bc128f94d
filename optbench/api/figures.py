"""The figures of a study's report, one at a time, for notebooks."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from optbench.config.parameters import unknown_name
from optbench.config.user_code import describe_returned
from optbench.errors import ConfigError
from optbench.report.across_problems import across_problems
from optbench.report.blocks import Drawing, LegendEntry, Part, slugify
from optbench.report.figures.canvas import draw_into
from optbench.report.parts import PARTS
from optbench.report.scope import ReportData
from optbench.spec.splits import describe_split

SCREEN_DPI = 96
LEGEND_WIDTH = 56  # characters that fit into the width of a figure


class StudyFigure(Figure):
    """A figure that is displayed as the value of a notebook cell, with or without pyplot."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """The image in double resolution, and its display size."""
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=2 * SCREEN_DPI, bbox_inches="tight")
        image = content.getvalue()
        width, height = (int.from_bytes(image[place : place + 4]) // 2 for place in (16, 20))  # length of a PNG header
        return image, {"width": width, "height": height}


class Panel(NamedTuple):
    """A plot of the report with its place and its legend."""

    kind: str  # the name that selects it, together with a metric or a setting if several plots share it
    problem: str | None  # None for the comparison across problems
    setting: str | None  # for a plot of a single setting
    drawing: Drawing
    legend: Sequence[LegendEntry]


class Choice(NamedTuple):
    """The selected figure. The study fills in fields that are None."""

    kind: str
    metric: str | None = None  # ``metric`` or ``split.metric``
    problem: str | None = None
    setting: str | None = None


def panels(data: ReportData) -> list[Panel]:
    """The plots of a study, in the order of the page."""
    found: list[Panel] = []
    for problem, scope in data.scopes.items():
        parts = [part for make_part in PARTS if (part := make_part(scope)) is not None]
        found += [panel for part in parts for panel in panels_of(data, part, problem)]
    across = across_problems(data)
    return found + [panel for part in (across.parts if across else ()) for panel in panels_of(data, part, None)]


def panels_of(data: ReportData, part: Part, problem: str | None) -> Iterator[Panel]:
    """The plots of one part of the page: ``convergence``, ``convergence-by-time``, ``step-ratio``."""
    metrics = {f"{describe_split(matrix.split)} {matrix.metric}" for matrix in data.matrices}
    for view_number, view in enumerate(part.body.views):
        of_view = f"{part.key}-{slugify(view.label)}" if view_number else part.key
        for number, drawing in enumerate(view.drawings):
            setting = shown_setting(data, drawing)
            is_chosen = not number or setting is not None or drawing.title in metrics
            own = drawing.name.partition("-")[2]  # without the prefix of its problem
            yield Panel(of_view if is_chosen else own, problem, setting, drawing, part.body.legend)


def shown_setting(data: ReportData, drawing: Drawing) -> str | None:
    """The only setting that a plot shows; None if it shows several."""
    settings = [str(setting) for setting in data.contenders["setting"]]
    return next((s for s in settings if drawing.title in (s, "") or drawing.title.startswith(f"{s}, ")), None)


def find_panel(data: ReportData, every: Sequence[Panel], choice: Choice) -> Panel:
    """The selected plot.

    Args:
        data: data of the study.
        every: all plots of the study, from :func:`panels`.
        choice: the selection.

    Raises:
        ConfigError: the study has no such figure.
    """
    of_kind = [panel for panel in every if panel.kind == choice.kind]
    if not of_kind:
        kinds = dict.fromkeys(panel.kind for panel in every)
        raise ConfigError(unknown_name(f"The figure `{choice.kind}`", str(choice.kind), kinds))
    of_problem = with_problem(data, of_kind, choice)
    of_setting = with_setting(of_problem, choice)
    return with_metric(data, of_setting, choice)


def with_problem(data: ReportData, found: Sequence[Panel], choice: Choice) -> Sequence[Panel]:
    """The plots of the selected problem."""
    if choice.problem is None:
        return found
    if choice.problem not in data.problems:
        raise ConfigError(unknown_name(f"`problem={choice.problem}`", str(choice.problem), data.problems))
    of_problem = [panel for panel in found if panel.problem == choice.problem]
    if not of_problem:
        raise ConfigError(f"`problem={choice.problem}` has no figure `{choice.kind}`. Leave `problem` out.")
    return of_problem


def with_setting(found: Sequence[Panel], choice: Choice) -> Sequence[Panel]:
    """The plots of the selected setting."""
    if choice.setting is None:
        return found
    of_setting = [panel for panel in found if panel.setting == choice.setting]
    if not of_setting:
        known = dict.fromkeys(panel.setting for panel in found if panel.setting is not None)
        if not known:
            raise ConfigError(
                f"`setting` belongs to figures of one setting. Received: setting={choice.setting} for "
                f"`{choice.kind}`, which shows all. Leave it out."
            )
        raise ConfigError(unknown_name(f"`setting={choice.setting}`", str(choice.setting), known))
    return of_setting


def with_metric(data: ReportData, found: Sequence[Panel], choice: Choice) -> Panel:
    """The plot of the selected metric, by default the deciding metric; if no plot shows it, the first plot."""
    wanted = metric_titles(data, choice.metric)
    chosen = [panel for title in wanted for panel in found if panel.drawing.title == title]
    if choice.metric is not None and not chosen:
        titles = dict.fromkeys(panel.drawing.title for panel in found)
        raise ConfigError(
            f"`metric={choice.metric}` is not among the figures of `{choice.kind}`. There is: {', '.join(titles)}."
        )
    return (chosen or list(found))[0]


def metric_titles(data: ReportData, metric: str | None) -> list[str]:
    """The possible titles of a figure of a metric, the preferred one first: ``validation loss``."""
    split, _, name = str(data.decide.metric if metric is None else metric).rpartition(".")
    splits = [split] if split else [data.decide.split, "valid", "test", "train"]
    return [f"{describe_split(each)} {name}" for each in splits]


def draw_panel(panel: Panel) -> Figure:
    """Draw a plot as a separate figure, with its title and legend."""
    figure = panel.drawing.draw()
    figure.__class__ = StudyFigure  # the report's figures do not depend on notebooks
    figure.suptitle(title_of(panel), x=0.02, y=1.0, ha="left", va="bottom", fontsize=9)
    if panel.legend:
        texts = [textwrap.fill(entry.text, LEGEND_WIDTH) for entry in panel.legend]
        figure.legend(lines_of(panel), texts, loc="upper left", bbox_to_anchor=(0, 0), frameon=False, fontsize=8)
    return figure


def draw_panel_into(panel: Panel, axes: Any) -> Figure:
    """Draw a plot into axes of the caller, whose figure and style are kept.

    Returns:
        The figure of the axes.

    Raises:
        ConfigError: ``axes`` is not a matplotlib ``Axes``.
    """
    figure = axes.get_figure(root=True) if isinstance(axes, Axes) else None
    if figure is None:
        raise ConfigError(
            f"`ax` must be one Axes of matplotlib. Received: {describe_returned(axes)}. "
            "Make one: figure, ax = plt.subplots(); of several, give one at a time."
        )
    with draw_into(figure, axes):
        panel.drawing.draw()
    axes.set_title(title_of(panel), loc="left", fontsize=9, y=height_of_title(axes))
    if panel.legend:
        names = [entry.name or entry.text for entry in panel.legend]
        axes.legend(lines_of(panel), names, frameon=False, fontsize=8)
    return figure


def height_of_title(axes: Axes) -> float | None:
    """The height of the title in axes coordinates, above content there such as a second axis; None if there is none."""
    heights = (axes.transAxes, axes.get_xaxis_transform())
    above = [y for text in axes.texts if text.get_transform() in heights and (y := text.get_position()[1]) > 1]
    return max(above) + 0.09 if above else None


def title_of(panel: Panel) -> str:
    """The title of a figure outside the page, which includes the problem."""
    return panel.drawing.title if panel.problem is None else f"{panel.problem}: {panel.drawing.title}"


def lines_of(panel: Panel) -> list[Line2D]:
    """The lines of the legend."""
    return [Line2D([], [], color=entry.color, linewidth=2) for entry in panel.legend]
