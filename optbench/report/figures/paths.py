"""Optimization paths on the contours of a function of two variables."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from optbench.losses._surfaces import Surface
from optbench.report.colors import INK, MUTED
from optbench.report.figures.canvas import STYLE, Margins, create_panel, set_plain_scale

GRID_SIZE = 100  # grid points in each direction
LEVEL_COUNT = 9
LOWEST_LEVEL = 5e-4  # lowest level as a fraction of the highest
MARGIN = 0.08  # of the range of the points
PERCENTILES = (1.0, 99.0)  # percentiles of an optimizer's points between which all points are visible
HEIGHT = 3.3  # inches
Array = NDArray[Any]


class Window(NamedTuple):
    """The visible part of the plane: the limits of both axes."""

    x: tuple[float, float]
    y: tuple[float, float]


def find_window(points: pd.DataFrame, minima: Sequence[Sequence[float]]) -> Window:
    """Return a window with all starting points, all minima and almost all points of each optimizer.

    A single outlier does not enlarge the window.

    Args:
        points: ``run_id, optimizer, step, x, y``.
        minima: the minima of the function, (n, 2).
    """
    central = points.groupby("optimizer")[["x", "y"]].quantile([q / 100 for q in PERCENTILES]).to_numpy()
    starts = points.sort_values("step").groupby("run_id")[["x", "y"]].first().to_numpy()
    corners = np.concatenate([central, starts, np.asarray(minima, float)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = MARGIN * np.maximum(high - low, 1e-6)
    (x0, y0), (x1, y1) = low - margin, high + margin
    return Window((float(x0), float(x1)), (float(y0), float(y1)))


def evaluate_grid(surface: Surface, window: Window) -> tuple[Array, Array, Array]:
    """Evaluate a function on a grid over the window.

    Returns:
        x and y, (GRID_SIZE,), and the difference from the minimum of the function, (GRID_SIZE, GRID_SIZE).
    """
    x, y = np.linspace(*window.x, GRID_SIZE), np.linspace(*window.y, GRID_SIZE)
    return x, y, surface.at(np.stack(np.meshgrid(x, y), axis=-1)) - surface.minimum


def contour_levels(differences: Array) -> Array:
    """Return contour levels with equal ratios. The lowest level still encloses a few grid points.

    Args:
        differences: the differences from the minimum on a grid, from :func:`evaluate_grid`.
    """
    top = float(differences.max())
    bottom = max(LOWEST_LEVEL * top, float(np.quantile(differences, 4 / differences.size)))
    return np.geomspace(bottom, top, LEVEL_COUNT + 1)[:-1] if bottom < top else np.array([top])


def plot_paths(points: pd.DataFrame, surface: Surface, window: Window, color: str) -> Figure:
    """Draw the paths of one setting.

    Args:
        points: ``run_id, step, x, y, main``, sorted by step. The run with ``main`` has a strong line.
        surface: the function.
        window: the visible part of the plane.
        color: the color of the setting.
    """
    with mpl.rc_context(STYLE):
        figure, axes = create_panel(HEIGHT, Margins(left=0.66))
        x, y, differences = evaluate_grid(surface, window)
        axes.contour(x, y, differences, levels=contour_levels(differences), colors=[MUTED], linewidths=0.6, alpha=0.55)
        for (_, main), path in points.groupby(["run_id", "main"], sort=False):
            strong = {"linewidth": 1.6, "marker": "o", "markersize": 2.2, "zorder": 4}
            axes.plot(path["x"], path["y"], color=color, **(strong if main else {"linewidth": 0.8, "alpha": 0.3}))
        starts = points[points["main"]].head(1)
        axes.plot(starts["x"], starts["y"], "o", color=INK, markersize=6, fillstyle="none", zorder=5)
        minima = np.array(surface.minima(2))
        axes.plot(minima[:, 0], minima[:, 1], "*", color=INK, markersize=9, zorder=5)
        axes.set(xlim=window.x, ylim=window.y, xlabel="x", ylabel="y")
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis):
            set_plain_scale(axis, 5)
    return figure
