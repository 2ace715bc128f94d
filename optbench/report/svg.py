"""Convert figures to SVG elements for the page.

The ids of each figure have their own prefix, colors are CSS variables, the size adapts to the page, and there is a text
alternative. Everything that the page does not need is removed, which is three quarters of the text: unused ids, font
names, invisible backgrounds, and decimals below a tenth of a point. Equal figures give equal text.
"""

import io
import re
from html import escape

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from optbench.report.colors import css_variables

REFERENCE = re.compile(r'(?:xlink:)?href="#([^"]+)"|url\(#([^)]+)\)')
MARKS_OF_ONE_STYLE = re.compile(r'<g([^>]*)>(<use [^>]*style="([^"]*)"/>(?:<use [^>]*style="\3"/>)+)</g>')


def figure_to_svg(figure: Figure, prefix: str, alternative: str) -> str:
    """Return ``figure`` as an ``<svg>`` element without background.

    Args:
        figure: the figure.
        prefix: the prefix of ids, different for each figure of the page.
        alternative: the text alternative.
    """
    text = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": prefix}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    viewbox = re.search(r'viewBox="[^"]+"', svg)
    assert viewbox is not None  # matplotlib always writes a viewBox
    label = escape(alternative, quote=True)
    attributes = f'{viewbox.group()} data-axes="{describe_axes(figure)}" xmlns="http://www.w3.org/2000/svg"'
    head = f'<svg class="figure" role="img" aria-label="{label}" {attributes}>'
    body = re.sub(r".*?<svg[^>]*>", "", svg, count=1, flags=re.DOTALL)
    return head + apply_theme(prefix_ids(minify(body), prefix)).strip()


def describe_axes(figure: Figure) -> str:
    """Return the position and the scales of the first axes, from which the page computes the data at a point.

    Returns:
        For the x and the y axis, four words each: the positions of its ends in points, from the left or the top; the
            values
        at these ends; and ``linear`` or ``log``.
    """
    axes = figure.axes[0]
    width, height = 72 * figure.get_size_inches()
    box = axes.get_position()
    x = (box.x0 * width, box.x1 * width, *axes.get_xlim())
    y = ((1 - box.y0) * height, (1 - box.y1) * height, *axes.get_ylim())
    numbers = [" ".join(f"{value:.6g}" for value in ends) for ends in (x, y)]
    return f"{numbers[0]} {axes.get_xscale()} {numbers[1]} {axes.get_yscale()}"


def minify(svg: str) -> str:
    """Remove everything that does not change the rendering."""
    for pattern in (
        r"<!--.*?-->",
        r"<metadata>.*?</metadata>",
        r"<style.*?</style>",  # it would apply to the whole page, whose style sheet has the same rules
        r'<path d="[^"]*" style="fill: none"/>',
        r' font-family: [^;"]+;',
        r' transform="rotate\(-0 [^"]*"',
    ):
        svg = re.sub(pattern, "", svg, flags=re.DOTALL)
    svg = re.sub(r'\b(x|y|transform)="[^"]*"', lambda match: round_coordinates(match.group()), svg)
    svg = re.sub(r'\bd="([^"]*)"', lambda match: f'd="{shorten_path(match.group(1))}"', svg)
    svg = re.sub(r">\s+<", "><", svg)
    svg = re.sub(r'(style="[^"]*?); stroke-linecap: square"', r'\1"', svg)
    svg = re.sub(r"<g(?: id=\"[^\"]*\")?>(<(path|text)[^>]*(?:/>|>[^<]*</text>))</g>", r"\1", svg)
    svg = MARKS_OF_ONE_STYLE.sub(merge_style, svg)
    for _ in range(3):  # removing an empty group may leave an empty parent
        svg = re.sub(r"<(g|defs)(?: id=\"[^\"]*\")?(?:/>|></\1>)", "", svg)
    return svg


def merge_style(match: re.Match[str]) -> str:
    """Move the common style of all marks of a group to the group."""
    attributes, marks, style = match.groups()
    attribute = f' style="{style}"'
    return f"<g{attributes}{attribute}>{marks.replace(attribute, '')}</g>"


def shorten_path(data: str) -> str:
    """Shorten the data of a path.

    A path of straight lines gets relative coordinates in tenths of a point. The coordinates of other paths are rounded.
    """
    whole = data.rstrip().removesuffix("z")
    words = whole.split()
    if not set(words[::3]) <= {"M", "L"} or len(words) % 3:
        return round_coordinates(data)
    points = np.round(10 * np.asarray([words[1::3], words[2::3]], float)).astype(int)
    moves = np.diff(points, axis=1, prepend=0)
    parts, before = [], ""
    for command, x, y, dx, dy in zip(words[::3], *points.tolist(), *moves.tolist(), strict=True):
        start, numbers = ("M", (x, y)) if command == "M" else ("l", (dx, dy))
        text = "".join(format_tenths(number) for number in numbers)
        parts.append(text if start == before == "l" else start + text.removeprefix(" "))
        before = start
    return "".join(parts) + ("z" if data.rstrip().endswith("z") else "")


def format_tenths(number: int) -> str:
    """Format a number of tenths in the shortest form, with its separator from the previous number."""
    text = f"{abs(number) / 10:g}".removeprefix("0") or "0"
    return f"-{text}" if number < 0 else f" {text}"


def round_coordinates(numbers: str) -> str:
    """Round coordinates to a tenth of a point and put them on one line."""
    short = re.sub(r"-?\d+\.\d+", lambda match: f"{float(match.group()):.1f}".removesuffix(".0"), numbers)
    return re.sub(r" ?\n ?", " ", short).replace(' "', '"')


def prefix_ids(svg: str, prefix: str) -> str:
    """Rename ids to ``prefix`` and a number, and remove unused ids."""
    used = list(dict.fromkeys(one or other for one, other in REFERENCE.findall(svg)))
    names = {name: f"{prefix}-{number}" for number, name in enumerate(used)}

    def rename_id(match: re.Match[str]) -> str:
        name = names.get(match.group(1))
        return f' id="{name}"' if name else ""

    svg = re.sub(r' id="([^"]+)"', rename_id, svg)
    svg = re.sub(r'(?:xlink:)?href="#([^"]+)"', lambda match: f'href="#{names[match.group(1)]}"', svg)
    return re.sub(r"url\(#([^)]+)\)", lambda match: f"url(#{names[match.group(1)]})", svg)


def apply_theme(svg: str) -> str:
    """Replace colors of the palette by CSS variables, and use the font of the page."""
    for color, variable in css_variables().items():
        svg = svg.replace(color, variable)
    return re.sub(r"font: ([\d.]+)px [^;\"]+", r"font-size: \1px", svg)
