"""Values with intervals, one per row, such as differences, ratios and times."""

from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from optbench.report.colors import MUTED
from optbench.report.figures.canvas import STYLE, create_rows, format_tick

BELOW_LABEL, HALF_ROW = 0.2, 0.4  # of a row: from its center to its label above, and to its lower edge


def plot_intervals(
    table: pd.DataFrame,
    xlabel: str,
    reference: float | None = None,
    bars: bool = False,
    tick: Callable[[float, float], str] = format_tick,
) -> Figure:
    """Draw a dot and a line from ``low`` to ``high`` in each row.

    Args:
        table: ``label, color, value, low, high``. Rows without a finite value show only their label.
        xlabel: the label of the x axis, with the unit.
        reference: the x coordinate of a vertical line, such as 0 for differences or 1 for ratios.
        bars: whether to add bars from zero to the values.
        tick: the formatter of the ticks.
    """
    with mpl.rc_context(STYLE):
        figure, axes = create_rows(list(table["label"]))
        if reference is not None:
            rows = np.arange(len(table))
            axes.vlines([reference] * len(table), rows - BELOW_LABEL, rows + HALF_ROW, color=MUTED, linewidth=0.9)
        for number, row in enumerate(table.itertuples()):
            if not np.isfinite(row.value):
                continue
            if bars:
                axes.barh(number, row.value, height=0.26, color=row.color, alpha=0.35, linewidth=0)
            axes.plot([row.low, row.high], [number, number], color=row.color, linewidth=2.0, solid_capstyle="butt")
            axes.plot([row.value], [number], "o", color=row.color, markersize=4.5, markeredgewidth=0)
        axes.set_xlabel(xlabel)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(tick))
    return figure
