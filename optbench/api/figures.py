"""The figures of a study's report, one at a time, for notebooks."""

import io
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from optbench.config.parameters import unknown_name
from optbench.errors import ConfigError
from optbench.report.across_problems import across_problems
from optbench.report.blocks import Drawing, LegendEntry, Part
from optbench.report.figures.matplotlib_writer import to_figure
from optbench.report.parts import PARTS
from optbench.report.scope import ReportData


class StudyFigure(Figure):
    """A figure that a notebook shows as the value of a cell, whether it uses pyplot or not."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=144, bbox_inches="tight")
        return content.getvalue()


class Panel(NamedTuple):
    """A drawing of the report with its place and its legend."""

    kind: str  # the key of its part of the page
    problem: str | None  # None for the comparison over problems
    view: str
    drawing: Drawing
    legend: Sequence[LegendEntry]


def panels(data: ReportData) -> list[Panel]:
    """The drawings of a study, in the order of the page."""
    found = []
    for problem, scope in data.scopes.items():
        parts = [part for make_part in PARTS if (part := make_part(scope)) is not None]
        found += [panel for part in parts for panel in panels_of(part, problem)]
    across = across_problems(data)
    return found + [panel for part in (across.parts if across else ()) for panel in panels_of(part, None)]


def panels_of(part: Part, problem: str | None) -> list[Panel]:
    """The drawings of one part of the page."""
    body = part.body
    return [
        Panel(part.key, problem, view.label, drawing, body.legend) for view in body.views for drawing in view.drawings
    ]


def find_panel(
    data: ReportData, every: Sequence[Panel], kind: str, metric: str | None = None, problem: str | None = None
) -> Panel:
    """The drawing of a kind.

    Args:
        data: of the study.
        every: its drawings, from :func:`panels`.
        kind: the key of a part of the page.
        metric: ``metric`` or ``split.metric``; None for what decides, where there are several.
        problem: the label of a problem; None for the first that has such a figure.

    Raises:
        ConfigError: the study has no such figure.
    """
    kinds = list(dict.fromkeys(panel.kind for panel in every))
    of_kind = [panel for panel in every if panel.kind == kind]
    if not of_kind:
        raise ConfigError(unknown_name(f"The figure `{kind}`", kind, kinds))
    if problem is not None and problem not in data.problems:
        raise ConfigError(unknown_name(f"`problem={problem}`", problem, data.problems))
    of_problem = [panel for panel in of_kind if problem is None or panel.problem == problem]
    if not of_problem:
        raise ConfigError(f"`problem={problem}` has no figure `{kind}`. Leave `problem` out.")
    titles = [panel.drawing.title for panel in of_problem]
    wanted = metric_words(data, metric)
    chosen = [panel for title in wanted for panel in of_problem if panel.drawing.title == title]
    if metric is not None and not chosen:
        raise ConfigError(
            f"`metric={metric}` is not among the figures of `{kind}`. There is: {', '.join(dict.fromkeys(titles))}."
        )
    return (chosen or of_problem)[0]


def metric_words(data: ReportData, metric: str | None) -> list[str]:
    """The titles that a figure of a metric may have, the preferred first: ``valid loss``."""
    name = data.decide.metric if metric is None else metric
    split, _, name = name.rpartition(".")
    splits = [split] if split else [data.decide.split, "valid", "test", "train"]
    return [f"{each} {name}" for each in splits]


def draw_panel(panel: Panel) -> Figure:
    """The figure with its title and legend."""
    figure = to_figure(panel.drawing.draw())
    figure.__class__ = StudyFigure  # the report's figures do not know notebooks
    title = panel.drawing.title if panel.problem is None else f"{panel.problem}: {panel.drawing.title}"
    figure.suptitle(title, x=0.02, y=1.0, ha="left", va="bottom", fontsize=9)
    if panel.legend:
        lines = [Line2D([], [], color=entry.color, linewidth=2) for entry in panel.legend]
        texts = [entry.text for entry in panel.legend]
        figure.legend(lines, texts, loc="upper left", bbox_to_anchor=(0, 0), frameon=False, fontsize=8)
    return figure
