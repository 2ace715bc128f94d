"""Ranks over problems: a heat map and a critical-difference diagram."""

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
BEST_COLOR = LIGHT[0]


def plot_rank_heat_map(ranks: pd.DataFrame) -> Figure:
    """Draw a heat map of ranks. Better ranks have a stronger color.

    Args:
        ranks: one row per contender, one column per problem. Rank 1 is the best.
    """
    colormap = LinearSegmentedColormap.from_list("ranks", [(*mpl.colors.to_rgb(BEST_COLOR), a) for a in (0.75, 0.04)])
    numbers = ranks.map(lambda rank: f"{rank:g}")
    longest = max(len(str(name)) for name in ranks.index)
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        heading = 0.25 + 0.045 * max(len(str(name)) for name in ranks.columns)
        margins = Margins(left=0.2 + 0.075 * longest, bottom=heading, top=0.05)
        width = max(WIDTH, margins.left + 0.5 * ranks.shape[1] + 0.3)
        figure, axes = create_panel(heading + 0.05 + CELL_HEIGHT * len(ranks), margins, width)
        style = {"annot": numbers, "fmt": "", "cbar": False, "annot_kws": {"color": INK, "fontsize": 8}}
        sns.heatmap(ranks, cmap=colormap, linewidths=1, linecolor="none", **style, ax=axes)
        axes.set(xlabel="", ylabel="")
        axes.set_xticklabels([str(name) for name in ranks.columns], rotation=30, ha="right")
        axes.tick_params(length=0)
        axes.set_yticklabels(axes.get_yticklabels(), rotation=0)
    return figure


def plot_critical_difference(mean_ranks: pd.Series, groups: Sequence[tuple[str, str]], colors: Colors) -> Figure:
    """Draw mean ranks as dots, and bars that connect contenders without a significant difference.

    Args:
        mean_ranks: the mean rank of each contender, sorted.
        groups: the first and the last contender of each range without a significant difference.
        colors: the color of each contender.
    """
    names = [str(name) for name in mean_ranks.index]
    with mpl.rc_context(STYLE):
        figure, axes = create_rows([f"{name} {rank:.2f}" for name, rank in mean_ranks.items()])
        for row, (name, rank) in enumerate(mean_ranks.items()):
            axes.plot([rank], [row], "o", color=colors[str(name)], markersize=5.5, markeredgewidth=0)
        for first, last in groups:
            top, bottom = names.index(first), names.index(last)
            axes.plot([mean_ranks[last]] * 2, [top, bottom], color=INK, linewidth=1.6, solid_capstyle="round")
            axes.plot([mean_ranks[first], mean_ranks[last]], [top, top], color=INK, linewidth=1.6)
        axes.set_xlabel("mean rank over problems, lower is better")
        axes.set_xlim(0.8, max(np.max(mean_ranks.to_numpy()), len(names)) + 0.2)
    return figure
