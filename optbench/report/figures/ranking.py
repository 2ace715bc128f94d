"""Ranks over problems: a heat map and a critical-difference diagram."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optbench.report.colors import INK, LIGHT
from optbench.report.figures.axes import format_tick, linear_ticks
from optbench.report.figures.plot import (
    WIDTH,
    Axis,
    Box,
    Colors,
    Dots,
    Line,
    Margins,
    Mark,
    Plot,
    Text,
    rows_plot,
)

CELL_HEIGHT = 0.3  # inches; the height of a row of the heat map
GAP = 0.03  # between cells, as a fraction of one
BEST_COLOR = LIGHT[0]
BEST_ALPHA, WORST_ALPHA = 0.75, 0.04  # the opacity of the best and the worst rank


def plot_rank_heat_map(ranks: pd.DataFrame) -> Plot:
    """Draw a heat map of ranks. Better ranks have a stronger color.

    Args:
        ranks: one row per contender, one column per problem. Rank 1 is the best.
    """
    rows, columns = ranks.shape
    low, span = float(ranks.to_numpy().min()), max(float(np.ptp(ranks.to_numpy())), 1.0)
    marks: list[Mark] = []
    for row, values in enumerate(ranks.to_numpy(float)):
        for column, rank in enumerate(values):
            alpha = BEST_ALPHA + (WORST_ALPHA - BEST_ALPHA) * (rank - low) / span
            marks.append(Box((column + GAP, column + 1 - GAP), (row + GAP, row + 1 - GAP), BEST_COLOR, alpha))
            marks.append(Text(column + 0.5, row + 0.5, f"{rank:g}"))
    heading = 0.25 + 0.045 * longest(ranks.columns)
    margins = Margins(left=0.2 + 0.075 * longest(ranks.index), bottom=heading, top=0.05)
    x = Axis(0, columns, [(n + 0.5, str(name)) for n, name in enumerate(ranks.columns)], is_turned=True, has_grid=False)
    y = Axis(rows, 0, [(n + 0.5, str(name)) for n, name in enumerate(ranks.index)], has_grid=False)
    width = max(WIDTH, margins.left + 0.5 * columns + 0.3)
    return Plot(x, y, marks, width=width, height=heading + 0.05 + CELL_HEIGHT * rows, margins=margins, has_ticks=False)


def longest(names: pd.Index) -> int:
    """Return the number of characters of the longest name."""
    return max(len(str(name)) for name in names)


def plot_critical_difference(mean_ranks: pd.Series, groups: Sequence[tuple[str, str]], colors: Colors) -> Plot:
    """Draw mean ranks as dots, and bars that connect contenders without a significant difference.

    Args:
        mean_ranks: the mean rank of each contender, sorted.
        groups: the first and the last contender of each range without a significant difference.
        colors: the color of each contender.
    """
    names = [str(name) for name in mean_ranks.index]
    marks: list[Mark] = [
        Dots([rank], [row], colors[name], 5.5) for row, (name, rank) in enumerate(zip(names, mean_ranks, strict=True))
    ]
    for first, last in groups:
        top, bottom = names.index(first), names.index(last)
        marks.append(Line([mean_ranks[last]] * 2, [top, bottom], INK, 1.6))
        marks.append(Line([mean_ranks[first], mean_ranks[last]], [top, top], INK, 1.6))
    high = max(float(np.max(mean_ranks.to_numpy())), len(names)) + 0.2
    ticks = [(at, format_tick(at)) for at in linear_ticks(0.8, high, 6)]
    x = Axis(0.8, high, ticks, "mean rank over problems, lower is better")
    return rows_plot([f"{name} {rank:.2f}" for name, rank in zip(names, mean_ranks, strict=True)], x, marks)
