"""Render templates to HTML. All values are escaped except figures, which are drawn here."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from optbench.analysis.formatting import format_seconds
from optbench.report import colors
from optbench.report.blocks import Drawing
from optbench.report.compression import compress, to_csv, to_json


def render(template: str, **values: Any) -> str:
    """Render a template.

    Args:
        template: the name of the template.
        values: the variables of the template.
    """
    page_colors = {variable[4:-1]: color for color, variable in colors.css_variables().items()}
    palette = {"light": colors.LIGHT, "dark": colors.DARK, "page_colors": page_colors}
    return templates().get_template(template).render(**palette, **values)


@cache
def templates() -> Environment:
    """Return the templates, each of which is compiled once."""
    environment = Environment(
        loader=PackageLoader("optbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    variables = colors.css_variables()
    environment.filters |= {
        "seconds": format_seconds,
        "svg": lambda drawing: render_drawing(drawing),
        "csv": to_csv,
        "compress": compress,
        "json": to_json,
        "pack": lambda markup: compress(str(markup)),
        "first_word": lambda text: text.partition(" ")[0],
        "variable": lambda color: variables.get(color, color),
    }
    return environment


def render_drawing(drawing: Drawing) -> Markup:
    """Return a drawing as an ``<svg>`` element."""
    return Markup(draw_svg(drawing))  # all labels are escaped there


def draw_svg(drawing: Drawing) -> str:
    """Return the text of the ``<svg>`` element of a drawing, which is drawn now unless it was drawn before."""
    if drawing.svg:
        return drawing.svg
    from optbench.report.svg import figure_to_svg  # matplotlib is imported only when needed

    return figure_to_svg(drawing.draw(), drawing.name, f"{drawing.title} {drawing.description}")
