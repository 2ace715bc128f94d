"""Paths on the contours of a function of two numbers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from optbench.losses._surfaces import Surface
from optbench.report.colors import INK, MUTED
from optbench.report.figures.canvas import STYLE, Margins, panel, plain

SIDE = 100  # places of the grid in each direction
LEVELS = 9
LOWEST = 5e-4  # the lowest level, as a share of the highest
MARGIN = 0.08
CUT = (1.0, 99.0)  # percentiles of an optimizer's places that are surely seen
HEIGHT = 3.3  # inches
Array = NDArray[Any]


class Window(NamedTuple):
    """The part of the plane that is seen."""

    x: tuple[float, float]
    y: tuple[float, float]


def window(places: pd.DataFrame, minima: Sequence[Sequence[float]]) -> Window:
    """What holds every start, the minima, and nearly all places of each optimizer: one far leap does not shrink it."""
    nearly = places.groupby("optimizer")[["x", "y"]].quantile([q / 100 for q in CUT]).to_numpy()
    starts = places.sort_values("step").groupby("run_id")[["x", "y"]].first().to_numpy()
    corners = np.concatenate([nearly, starts, np.asarray(minima, float)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = MARGIN * np.maximum(high - low, 1e-6)
    (x0, y0), (x1, y1) = low - margin, high + margin
    return Window((float(x0), float(x1)), (float(y0), float(y1)))


def heights(surface: Surface, seen: Window) -> tuple[Array, Array, Array]:
    """A grid over what is seen, x and y (SIDE,), and how far the function lies above its minimum there (SIDE, SIDE)."""
    x, y = np.linspace(*seen.x, SIDE), np.linspace(*seen.y, SIDE)
    return x, y, surface.at(np.stack(np.meshgrid(x, y), axis=-1)) - surface.minimum


def levels(above: Array) -> Array:
    """Heights of contours in equal ratios, from where the lowest of them still encloses a few places of the grid."""
    top = float(above.max())
    bottom = max(LOWEST * top, float(np.quantile(above, 4 / above.size)))
    return np.geomspace(bottom, top, LEVELS + 1)[:-1] if bottom < top else np.array([top])


def on_contours(places: pd.DataFrame, surface: Surface, seen: Window, color: str) -> Figure:
    """The paths of one optimizer.

    Args:
        places: ``run_id, step, x, y, main`` in the order of steps; of the run that is ``main`` the path is strong.
        surface: the function.
        seen: the part of the plane.
        color: of the optimizer.
    """
    with mpl.rc_context(STYLE):
        figure, axes = panel(HEIGHT, Margins(left=0.66))
        x, y, above = heights(surface, seen)
        axes.contour(x, y, above, levels=levels(above), colors=[MUTED], linewidths=0.6, alpha=0.55)
        for (_, main), path in places.groupby(["run_id", "main"], sort=False):
            strong = {"linewidth": 1.6, "marker": "o", "markersize": 2.2, "zorder": 4}
            axes.plot(path["x"], path["y"], color=color, **(strong if main else {"linewidth": 0.8, "alpha": 0.3}))
        starts = places[places["main"]].head(1)
        axes.plot(starts["x"], starts["y"], "o", color=INK, markersize=6, fillstyle="none", zorder=5)
        least = np.array(surface.minima(2))
        axes.plot(least[:, 0], least[:, 1], "*", color=INK, markersize=9, zorder=5)
        axes.set(xlim=seen.x, ylim=seen.y, xlabel="x", ylabel="y")
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis):
            plain(axis, 5)
    return figure
