"""Points on a plane of which one or both axes are logarithmic."""

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from optbench.report.figures.canvas import STYLE, Colors, logarithmic, panel


def divergences(table: pd.DataFrame, colors: Colors) -> Figure:
    """The step at which each run diverged against its learning rate.

    Args:
        table: ``optimizer, learning_rate, step``, both positive.
        colors: by optimizer.
    """
    with mpl.rc_context(STYLE):
        figure, axes = panel()
        for optimizer, group in table.groupby("optimizer", sort=False):
            axes.plot(
                group["learning_rate"], group["step"], "o", color=colors[str(optimizer)], alpha=0.6, markersize=4,
                markeredgewidth=0,
            )  # fmt: skip
        logarithmic(axes, "x", table["learning_rate"].to_numpy())
        logarithmic(axes, "y", table["step"].to_numpy())
        axes.set_xlabel("learning rate")
        axes.set_ylabel("step")
    return figure
