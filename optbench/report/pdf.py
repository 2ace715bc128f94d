"""A figure for LaTeX: PDF with text as text, and its legend below."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from optbench.report.blocks import Key

NO_METADATA = {"CreationDate": None, "Creator": None, "Producer": None}  # the same figure gives the same bytes


def write_pdf(figure: Figure, legend: Sequence[Key], path: Path) -> None:
    """Write ``figure`` to ``path``."""
    if legend:
        lines = [Line2D([], [], color=key.color, linewidth=2) for key in legend]
        below = {"loc": "upper left", "bbox_to_anchor": (0, 0), "frameon": False, "fontsize": 8}
        figure.legend(lines, [key.text for key in legend], **below)
    with mpl.rc_context({"pdf.fonttype": 42}):  # TrueType, which journals ask for
        figure.savefig(path, format="pdf", bbox_inches="tight", metadata=NO_METADATA)
