"""From a figure to SVG that stands inside a page.

Each figure's ids carry a prefix of their own, its colours are CSS variables, its size is the reader's, and it has a
text alternative. The same figure gives the same text.
"""

import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

from optbench.report.colors import css_variables


def inline(figure: Figure, prefix: str, alternative: str) -> str:
    """``figure`` as an ``<svg>`` element.

    Args:
        figure: what was drawn; its background is left out.
        prefix: for ids, unlike that of any other figure on the page.
        alternative: what the figure shows, in words.
    """
    text = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": prefix}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'(xlink:href="#|href="#|url\(#)', rf"\1{prefix}-", svg)
    svg = themed(svg)
    viewbox = re.search(r'viewBox="[^"]+"', svg)
    assert viewbox is not None  # matplotlib always writes one
    label = escape(alternative, quote=True)
    head = f'<svg class="figure" role="img" aria-label="{label}" {viewbox.group()} xmlns="http://www.w3.org/2000/svg"'
    return re.sub(r"<svg[^>]*>", f'{head} xmlns:xlink="http://www.w3.org/1999/xlink">', svg, count=1).strip()


def themed(svg: str) -> str:
    """Every colour of the palette as its CSS variable, and the page's font."""
    for color, variable in css_variables().items():
        svg = svg.replace(color, variable)
    return re.sub(r"font: ([\d.]+)px [^;\"]+", r"font-size: \1px", svg)
