"""Ranks over problems: a heat map, and a critical-difference diagram."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from optbench.report.colors import INK, LIGHT
from optbench.report.figures.canvas import STYLE, WIDTH, Colors, Margins, panel, rows

CELL = 0.3  # inches of a row of the heat map
BEST = LIGHT[0]


def heat_map(ranks: pd.DataFrame) -> Figure:
    """A row a contender, a column a problem, in each cell its rank: the stronger, the better.

    Args:
        ranks: contenders down, problems across; 1 is the best.
    """
    shades = LinearSegmentedColormap.from_list("ranks", [(*mpl.colors.to_rgb(BEST), a) for a in (0.75, 0.04)])
    numbers = ranks.map(lambda rank: f"{rank:g}")
    longest = max(len(str(name)) for name in ranks.index)
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        margins = Margins(left=0.2 + 0.075 * longest, bottom=0.35, top=0.05)
        width = max(WIDTH, margins.left + 0.5 * ranks.shape[1] + 0.3)
        figure, axes = panel(0.4 + CELL * len(ranks), margins, width)
        style = {"annot": numbers, "fmt": "", "cbar": False, "annot_kws": {"color": INK, "fontsize": 8}}
        sns.heatmap(ranks, cmap=shades, linewidths=1, linecolor="none", **style, ax=axes)
        axes.set(xlabel="", ylabel="")
        axes.set_xticklabels([str(i + 1) for i in range(ranks.shape[1])], rotation=0)
        axes.tick_params(length=0)
        axes.set_yticklabels(axes.get_yticklabels(), rotation=0)
    return figure


def critical_difference(mean_ranks: pd.Series, groups: Sequence[tuple[str, str]], colors: Colors) -> Figure:
    """Mean ranks on a line, and bars that join contenders which cannot be told apart.

    Args:
        mean_ranks: by contender, in order.
        groups: first and last contender of each stretch.
        colors: by contender.
    """
    names = [str(name) for name in mean_ranks.index]
    with mpl.rc_context(STYLE):
        figure, axes = rows([f"{name} {rank:.2f}" for name, rank in mean_ranks.items()])
        for place, (name, rank) in enumerate(mean_ranks.items()):
            axes.plot([rank], [place], "o", color=colors[str(name)], markersize=5.5, markeredgewidth=0)
        for first, last in groups:
            top, bottom = names.index(first), names.index(last)
            axes.plot([mean_ranks[last]] * 2, [top, bottom], color=INK, linewidth=1.6, solid_capstyle="round")
            axes.plot([mean_ranks[first], mean_ranks[last]], [top, top], color=INK, linewidth=1.6)
        axes.set_xlabel("mean rank over problems, lower is better")
        axes.set_xlim(0.8, max(np.max(mean_ranks.to_numpy()), len(names)) + 0.2)
    return figure
