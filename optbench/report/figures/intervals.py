"""A value with its interval in each row: differences, ratios, times."""

from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from optbench.report.colors import MUTED
from optbench.report.figures.canvas import STYLE, number, rows


def intervals(
    table: pd.DataFrame,
    xlabel: str,
    reference: float | None = None,
    bars: bool = False,
    tick: Callable[[float, float], str] = number,
) -> Figure:
    """A dot (or a bar from zero) and a line from ``low`` to ``high`` in each row.

    Args:
        table: ``label, color, value, low, high``; rows without a finite value keep their label alone.
        xlabel: what the values are, with their unit.
        reference: where a line goes down: no difference, a ratio of 1.
        bars: whether to draw bars from zero.
        tick: how a value is written on the axis.
    """
    with mpl.rc_context(STYLE):
        figure, axes = rows(list(table["label"]))
        if reference is not None:
            axes.axvline(reference, color=MUTED, linewidth=0.9)
        for place, row in enumerate(table.itertuples()):
            if not np.isfinite(row.value):
                continue
            if bars:
                axes.barh(place, row.value, height=0.26, color=row.color, alpha=0.35, linewidth=0)
            axes.plot([row.low, row.high], [place, place], color=row.color, linewidth=2.0, solid_capstyle="butt")
            axes.plot([row.value], [place], "o", color=row.color, markersize=4.5, markeredgewidth=0)
        axes.set_xlabel(xlabel)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
    return figure
