"""Importance of hyperparameters: a heat map of explained variance, and trials in the plane of two hyperparameters."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from optbench.report.colors import INK
from optbench.report.figures.canvas import STYLE, WIDTH, Margins, create_panel, set_log_scale, set_plain_scale
from optbench.report.figures.ranking import BEST_COLOR, CELL_HEIGHT

LOG_SCALE_RATIO = 30.0  # ratio of the largest to the smallest value above which an axis is logarithmic
FAINTEST = 0.12  # opacity of the worst trial


def plot_shares(shares: pd.DataFrame) -> Figure:
    """Draw a heat map of the variance that hyperparameters (on the diagonal) and their pairs explain, in percent.

    Args:
        shares: one row and one column per hyperparameter, in [0, 1], symmetric.
    """
    colormap = LinearSegmentedColormap.from_list("shares", [(*mpl.colors.to_rgb(BEST_COLOR), a) for a in (0.0, 0.75)])
    longest = max(len(str(name)) for name in shares.index)
    with mpl.rc_context(STYLE):
        margins = Margins(left=0.2 + 0.075 * longest, bottom=0.2 + 0.05 * longest, top=0.05)
        width = max(WIDTH, margins.left + 0.5 * len(shares) + margins.right)
        figure, axes = create_panel(margins.bottom + margins.top + CELL_HEIGHT * len(shares), margins, width)
        style = {"annot": 100 * shares, "fmt": ".0f", "cbar": False, "annot_kws": {"color": INK, "fontsize": 8}}
        sns.heatmap(shares, cmap=colormap, vmin=0, vmax=1, linewidths=1, linecolor="none", **style, ax=axes)
        axes.set(xlabel="", ylabel="")
        axes.grid(visible=False)
        axes.set_xticklabels([str(name) for name in shares.columns], rotation=30, ha="right")
        axes.tick_params(length=0)
        axes.set_yticklabels(axes.get_yticklabels(), rotation=0)
    return figure


def plot_trials(points: pd.DataFrame, xlabel: str, ylabel: str, color: str) -> Figure:
    """Draw each trial as a dot, the better the stronger, and a circle around the best.

    Args:
        points: ``x, y, score``; the score is a rank in (0, 1), lower is better. Coordinates may be texts.
        xlabel: the label of the x axis.
        ylabel: the label of the y axis.
        color: the color of the dots.
    """
    with mpl.rc_context(STYLE):
        figure, axes = create_panel(margins=Margins(left=0.75))
        places = {name: set_axis(axes, name, points[name]) for name in ("x", "y")}
        order = np.argsort(-points["score"].to_numpy(), kind="stable")
        for x, y, score in zip(places["x"][order], places["y"][order], points["score"].to_numpy()[order], strict=True):
            strength = FAINTEST + (1 - FAINTEST) * (1 - score) ** 2
            axes.plot([x], [y], "o", color=color, alpha=strength, markersize=6, markeredgewidth=0)
        best = order[-1]
        axes.plot(places["x"][best], places["y"][best], "o", color=INK, markersize=10, fillstyle="none")
        axes.set(xlabel=xlabel, ylabel=ylabel)
    return figure


def set_axis(axes: Axes, name: str, values: pd.Series) -> NDArray[np.float64]:
    """Choose the scale of an axis and return the positions of the values on it: numbers, or codes of texts."""
    axis = axes.xaxis if name == "x" else axes.yaxis
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any() or values.dtype == bool:
        codes, texts = pd.factorize(values.astype(str), sort=True)
        axis.set_ticks(range(len(texts)), list(texts))
        return np.asarray(codes, float)
    found: NDArray[np.float64] = numbers.to_numpy(float)
    if found.min() > 0 and found.max() > LOG_SCALE_RATIO * found.min():
        set_log_scale(axes, name, found)
    else:
        set_plain_scale(axis, 5)
    return found
