"""Write a figure as PDF for LaTeX, with embedded fonts and its legend below."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from optbench.report.blocks import LegendEntry
from optbench.report.figures.matplotlib_writer import to_figure
from optbench.report.figures.plot import Plot

NO_METADATA = {"CreationDate": None, "Creator": None, "Producer": None}  # equal figures have equal bytes


def write_pdf(drawn: Figure | Plot, legend: Sequence[LegendEntry], path: Path) -> None:
    """Write a figure with its legend to ``path``."""
    figure = to_figure(drawn)
    if legend:
        lines = [Line2D([], [], color=key.color, linewidth=2) for key in legend]
        below = {"loc": "upper left", "bbox_to_anchor": (0, 0), "frameon": False, "fontsize": 8}
        figure.legend(lines, [key.text for key in legend], **below)
    with mpl.rc_context({"pdf.fonttype": 42}):  # TrueType, which journals require
        figure.savefig(path, format="pdf", bbox_inches="tight", metadata=NO_METADATA)
