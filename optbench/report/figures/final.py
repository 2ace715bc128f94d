"""Final values by seed."""

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from optbench.report.colors import MUTED
from optbench.report.figures.canvas import STYLE, Colors, in_percent, panel


def final_values(values: pd.DataFrame, colors: Colors) -> Figure:
    """The last value of each run: a dot a seed, a box behind.

    Args:
        values: ``label, optimizer, metric, value`` of one metric and split; runs without a finite value left out.
        colors: by optimizer.
    """
    labels = list(dict.fromkeys(values["label"]))
    palette = {label: colors[optimizer] for label, optimizer in zip(values["label"], values["optimizer"], strict=True)}
    with mpl.rc_context(STYLE):
        figure, axes = panel(height=0.9 + 0.36 * len(labels))
        shared = {"data": values, "x": "value", "y": "label", "hue": "label", "palette": palette, "order": labels}
        box = {
            "showfliers": False,
            "saturation": 1.0,
            "width": 0.6,
            "linewidth": 0.8,
            "linecolor": MUTED,
            "boxprops": {"alpha": 0.3},
        }
        sns.boxplot(**shared, **box, legend=False, ax=axes)
        sns.stripplot(**shared, legend=False, ax=axes, size=4, jitter=False, alpha=0.85)
        axes.set(xlabel="", ylabel="")
        axes.grid(axis="y", visible=False)
        if values["metric"].iloc[0].endswith("accuracy"):
            axes.set_xlim(right=min(axes.get_xlim()[1], 1.002))  # there is nothing above 100 %
            in_percent(axes.xaxis, ticks=4)
    return figure
