"""Write a figure as PDF for LaTeX: with an embedded serif font, and with its legend below."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from optbench.report.blocks import LegendEntry

FONT = "STIXGeneral"  # similar to Times, which papers use; included in matplotlib
NO_METADATA = {"CreationDate": None, "Creator": None, "Producer": None}  # equal figures have equal bytes


def write_pdf(figure: Figure, legend: Sequence[LegendEntry], path: Path) -> None:
    """Write ``figure`` with its legend to ``path``."""
    if legend:
        lines = [Line2D([], [], color=key.color, linewidth=2) for key in legend]
        below = {"loc": "upper left", "bbox_to_anchor": (0, 0), "frameon": False, "fontsize": 8}
        figure.legend(lines, [key.text for key in legend], **below)
    for text in figure.findobj(Text):
        text.set_fontfamily(FONT)
    with mpl.rc_context({"pdf.fonttype": 42, "font.family": FONT}):  # TrueType, which journals require
        figure.savefig(path, format="pdf", bbox_inches="tight", metadata=NO_METADATA)
