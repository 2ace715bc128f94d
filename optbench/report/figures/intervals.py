"""Values with intervals, one per row, such as differences, ratios and times."""

import numpy as np
import pandas as pd

from optbench.report.figures.axes import linear_axis, together
from optbench.report.figures.plot import Box, Dots, Guide, Line, Mark, Plot, rows_plot


def plot_intervals(table: pd.DataFrame, xlabel: str, reference: float | None = None, bars: bool = False) -> Plot:
    """Draw a dot and a line from ``low`` to ``high`` in each row.

    Args:
        table: ``label, color, value, low, high``. Rows without a finite value show only their label.
        xlabel: the label of the x axis, with the unit.
        reference: the x coordinate of a vertical line, such as 0 for differences or 1 for ratios.
        bars: whether to add bars from zero to the values.
    """
    marks: list[Mark] = [] if reference is None else [Guide(reference, is_vertical=True, is_dashed=False)]
    for number, row in enumerate(table.itertuples()):
        if not np.isfinite(row.value):
            continue
        if bars:
            marks.append(Box((0.0, row.value), (number - 0.13, number + 0.13), row.color, 0.35))
        marks.append(Line([row.low, row.high], [number, number], row.color, 2.0))
        marks.append(Dots([row.value], [number], row.color, 4.5))
    known = table[np.isfinite(table["value"])]
    start = ([] if reference is None else [reference]) + ([0.0] if bars else [])
    x = linear_axis(together(known["value"], known["low"], known["high"], start), 4, xlabel)
    if bars:
        x = x._replace(low=0.0)
    return rows_plot(list(table["label"]), x, marks)
