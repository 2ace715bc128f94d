"""From what a page is built of to HTML: everything put into a template is escaped, except what is drawn here."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from optbench.analysis import present
from optbench.report import colors, svg
from optbench.report.blocks import Drawing
from optbench.report.packed import as_csv, packed


def render(template: str, **values: Any) -> str:
    """Fill a template."""
    environment = Environment(
        loader=PackageLoader("optbench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    variables = colors.css_variables()
    environment.filters |= {
        "seconds": present.seconds,
        "drawn": drawn,
        "csv": lambda table: packed(as_csv(table)),
        "first_word": lambda text: text.partition(" ")[0],
        "variable": variables.__getitem__,
    }
    page_colors = {variable[4:-1]: color for color, variable in variables.items()}
    shades = {"light": colors.LIGHT, "dark": colors.DARK, "page_colors": page_colors}
    return environment.get_template(template).render(**shades, **values)


def drawn(drawing: Drawing) -> Markup:
    """A drawing as an ``<svg>`` element."""
    text = svg.inline(drawing.draw(), drawing.name, f"{drawing.title} {drawing.words}")
    return Markup(text)  # drawn here, its labels escaped there
