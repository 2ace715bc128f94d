"""From a figure to SVG that stands inside a page.

Each figure's ids carry a prefix of their own, its colours are CSS variables, its size is the reader's, and it has a
text alternative. What a page does not need is left out, which is three quarters of it: ids that nothing refers to,
names of fonts, invisible backgrounds, decimals below a tenth of a point. The same figure gives the same text.
"""

import io
import re
from html import escape

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from optbench.report.colors import css_variables

REFERENCE = re.compile(r'(?:xlink:)?href="#([^"]+)"|url\(#([^)]+)\)')
SAME_STYLE = re.compile(r'<g([^>]*)>(<use [^>]*style="([^"]*)"/>(?:<use [^>]*style="\3"/>)+)</g>')


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
    viewbox = re.search(r'viewBox="[^"]+"', svg)
    assert viewbox is not None  # matplotlib always writes one
    label = escape(alternative, quote=True)
    head = f'<svg class="figure" role="img" aria-label="{label}" {viewbox.group()} xmlns="http://www.w3.org/2000/svg">'
    body = re.sub(r".*?<svg[^>]*>", "", svg, count=1, flags=re.DOTALL)
    return head + themed(own_ids(slim(body), prefix)).strip()


def slim(svg: str) -> str:
    """The same drawing in fewer words."""
    for needless in (
        r"<!--.*?-->",
        r"<metadata>.*?</metadata>",
        r"<style.*?</style>",  # it would hold for the whole page, whose own style sheet says the same
        r'<path d="[^"]*" style="fill: none"/>',
        r' font-family: [^;"]+;',
        r' transform="rotate\(-0 [^"]*"',
    ):
        svg = re.sub(needless, "", svg, flags=re.DOTALL)
    svg = re.sub(r'\b(x|y|transform)="[^"]*"', lambda found: rounded(found.group()), svg)
    svg = re.sub(r'\bd="([^"]*)"', lambda found: f'd="{path(found.group(1))}"', svg)
    svg = re.sub(r">\s+<", "><", svg)
    svg = re.sub(r'(style="[^"]*?); stroke-linecap: square"', r'\1"', svg)
    svg = re.sub(r"<g(?: id=\"[^\"]*\")?>(<(path|text)[^>]*(?:/>|>[^<]*</text>))</g>", r"\1", svg)
    svg = SAME_STYLE.sub(once, svg)
    for _ in range(3):  # a group without a child leaves its parent without one
        svg = re.sub(r"<(g|defs)(?: id=\"[^\"]*\")?(?:/>|></\1>)", "", svg)
    return svg


def once(found: re.Match[str]) -> str:
    """A group of marks that look alike, their style said once."""
    attributes, marks, style = found.groups()
    said = f' style="{style}"'
    return f"<g{attributes}{said}>{marks.replace(said, '')}</g>"


def path(data: str) -> str:
    """A path in tenths of a point, each point from the one before; what is not made of straight lines is rounded."""
    whole = data.rstrip().removesuffix("z")
    words = whole.split()
    if not set(words[::3]) <= {"M", "L"} or len(words) % 3:
        return rounded(data)
    points = np.round(10 * np.asarray([words[1::3], words[2::3]], float)).astype(int)
    moves = np.diff(points, axis=1, prepend=0)
    parts, before = [], ""
    for command, x, y, dx, dy in zip(words[::3], *points.tolist(), *moves.tolist(), strict=True):
        start, numbers = ("M", (x, y)) if command == "M" else ("l", (dx, dy))
        text = "".join(tenths(number) for number in numbers)
        parts.append(text if start == before == "l" else start + text.removeprefix(" "))
        before = start
    return "".join(parts) + ("z" if data.rstrip().endswith("z") else "")


def tenths(number: int) -> str:
    """A number of tenths, as short as it can be told, with what separates it from the one before."""
    text = f"{abs(number) / 10:g}".removeprefix("0") or "0"
    return f"-{text}" if number < 0 else f" {text}"


def rounded(numbers: str) -> str:
    """Coordinates to a tenth of a point, on one line."""
    short = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found.group()):.1f}".removesuffix(".0"), numbers)
    return re.sub(r" ?\n ?", " ", short).replace(' "', '"')


def own_ids(svg: str, prefix: str) -> str:
    """Only the ids that something refers to, as ``prefix`` and a number."""
    used = list(dict.fromkeys(one or other for one, other in REFERENCE.findall(svg)))
    names = {name: f"{prefix}-{number}" for number, name in enumerate(used)}

    def own(found: re.Match[str]) -> str:
        name = names.get(found.group(1))
        return f' id="{name}"' if name else ""

    svg = re.sub(r' id="([^"]+)"', own, svg)
    svg = re.sub(r'(?:xlink:)?href="#([^"]+)"', lambda found: f'href="#{names[found.group(1)]}"', svg)
    return re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{names[found.group(1)]})", svg)


def themed(svg: str) -> str:
    """Every colour of the palette as its CSS variable, and the page's font."""
    for color, variable in css_variables().items():
        svg = svg.replace(color, variable)
    return re.sub(r"font: ([\d.]+)px [^;\"]+", r"font-size: \1px", svg)
