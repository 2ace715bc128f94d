"""Ranks over problems: a heat map, a critical-difference diagram with intervals, and a matrix of won problems."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from optbench.report.colors import INK, LIGHT
from optbench.report.figures.canvas import STYLE, WIDTH, Colors, Margins, create_panel, create_rows

CELL_HEIGHT = 0.3  # inches; the height of a row of the heat map
WIN_WIDTH = 0.36  # inches; the width of a column of the win matrix
BAR_GAP = 0.05  # between the bars of groups, as a fraction of the range of ranks
BEST_COLOR = LIGHT[0]


def plot_rank_heat_map(ranks: pd.DataFrame) -> Figure:
    """Draw a heat map of ranks. Better ranks have a stronger color.

    Args:
        ranks: one row per contender, one column per problem. Rank 1 is the best.
    """
    colormap = LinearSegmentedColormap.from_list("ranks", [(*mpl.colors.to_rgb(BEST_COLOR), a) for a in (0.75, 0.04)])
    numbers = ranks.map(lambda rank: f"{rank:g}")
    longest = max(len(str(name)) for name in ranks.index)
    with mpl.rc_context(STYLE):
        heading = 0.25 + 0.045 * max(len(str(name)) for name in ranks.columns)
        margins = Margins(left=0.2 + 0.075 * longest, bottom=heading, top=0.05)
        width = max(WIDTH, margins.left + 0.5 * ranks.shape[1] + 0.3)
        figure, axes = create_panel(heading + 0.05 + CELL_HEIGHT * len(ranks), margins, width)
        style = {"annot": numbers, "fmt": "", "cbar": False, "annot_kws": {"color": INK, "fontsize": 8}}
        sns.heatmap(ranks, cmap=colormap, linewidths=1, linecolor="none", **style, ax=axes)
        axes.set(xlabel="", ylabel="")
        axes.grid(visible=False)
        axes.set_xticklabels([str(name) for name in ranks.columns], rotation=30, ha="right")
        axes.tick_params(length=0)
        axes.set_yticklabels(axes.get_yticklabels(), rotation=0)
    return figure


def plot_win_matrix(won: pd.DataFrame, significant: pd.DataFrame) -> Figure:
    """Draw how many problems the contender of a row won against that of a column. More wins have a stronger color.

    Args:
        won: one row and one column per contender, NaN on the diagonal.
        significant: the number of problems among these that are won significantly.
    """
    colormap = LinearSegmentedColormap.from_list("wins", [(*mpl.colors.to_rgb(BEST_COLOR), a) for a in (0.0, 0.75)])
    sure = significant.map(lambda count: f" ({count:g})" if count > 0 else "")
    texts = won.map(lambda count: "" if np.isnan(count) else f"{count:g}") + sure
    longest = max(len(str(name)) for name in won.index)
    with mpl.rc_context(STYLE):
        margins = Margins(left=0.2 + 0.075 * longest, bottom=0.2 + 0.05 * longest, top=0.05)
        width = max(WIDTH, margins.left + WIN_WIDTH * len(won) + margins.right)
        figure, axes = create_panel(margins.bottom + margins.top + CELL_HEIGHT * len(won), margins, width)
        style = {"annot": texts, "fmt": "", "cbar": False, "annot_kws": {"color": INK, "fontsize": 7.5}}
        sns.heatmap(won, cmap=colormap, vmin=0, vmax=max(1.0, np.nanmax(won.to_numpy())), linewidths=1,
                    linecolor="none", **style, ax=axes)  # fmt: skip
        axes.set(xlabel="", ylabel="")
        axes.grid(visible=False)
        axes.set_xticklabels([str(name) for name in won.columns], rotation=40, ha="right")
        axes.tick_params(length=0)
        axes.set_yticklabels(axes.get_yticklabels(), rotation=0)
    return figure


def plot_mean_ranks(ranks: pd.DataFrame, groups: Sequence[tuple[str, str]], colors: Colors) -> Figure:
    """Draw mean ranks as dots with their intervals, and bars on the right beside contenders that do not differ.

    Args:
        ranks: ``contender, mean_rank, low, high``, sorted by mean rank.
        groups: the first and the last contender of each range without a significant difference.
        colors: the color of each contender.
    """
    names = list(ranks["contender"])
    with mpl.rc_context(STYLE):
        figure, axes = create_rows([f"{row.contender} {row.mean_rank:.2f}" for row in ranks.itertuples()])
        for row, each in enumerate(ranks.itertuples()):
            axes.plot([each.low, each.high], [row, row], color=colors[each.contender], linewidth=2.0)
            axes.plot([each.mean_rank], [row], "o", color=colors[each.contender], markersize=5, markeredgewidth=0)
        end = float(np.nanmax(ranks[["mean_rank", "high"]].to_numpy()))
        gap = BAR_GAP * max(end - 1, 1.0)
        for number, (first, last) in enumerate(groups, 1):
            ends = [names.index(first) - 0.25, names.index(last) + 0.25]
            axes.plot([end + number * gap] * 2, ends, color=INK, linewidth=1.8, solid_capstyle="butt")
        axes.set_xlabel("mean rank over problems, lower is better")
        axes.set_xlim(1 - gap, end + (len(groups) + 1) * gap)
    return figure
