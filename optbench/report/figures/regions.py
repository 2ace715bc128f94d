"""Decision regions: the plane in the colours of the classes, with examples on it."""

from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from optbench.report.colors import INK, LIGHT
from optbench.report.figures.canvas import STYLE, Margins, panel, plain

SURE = (0.0, 0.3, 0.6, 0.9)  # by how much a class is ahead of the next, where its colour grows stronger
SHADE = 0.1  # what each of these adds to it
HEIGHT = 3.3  # inches
Array = NDArray[Any]


class Plane(NamedTuple):
    """What is known of the plane."""

    points: Array  # (n, 3): two features and the class
    ends: Array  # (2, 2): low and high end of each feature
    scores: Array  # (classes, side, side): what the model says; rows by the second feature


def class_color(number: int) -> str:
    """The colour of a class."""
    return LIGHT[number % len(LIGHT)]


def decision_regions(plane: Plane) -> Figure:
    """Filled contours of how far each class is ahead, the border between the classes, and the examples."""
    with mpl.rc_context(STYLE):
        figure, axes = panel(HEIGHT, Margins(left=0.66))
        (x0, x1), (y0, y1) = plane.ends
        rows, columns = plane.scores[0].shape
        x, y = np.linspace(x0, x1, columns), np.linspace(y0, y1, rows)
        ahead = [score - others(plane.scores, k) for k, score in enumerate(plane.scores)]
        for k, margin in enumerate(ahead):
            for least in SURE:
                if margin.max() > least:
                    axes.contourf(x, y, margin, levels=[least, np.inf], colors=[class_color(k)], alpha=SHADE)
            if margin.min() < 0 < margin.max():
                axes.contour(x, y, margin, levels=[0.0], colors=[INK], linewidths=0.9)
        for k in np.unique(plane.points[:, 2]):
            of_class = plane.points[plane.points[:, 2] == k]
            axes.plot(of_class[:, 0], of_class[:, 1], "o", color=class_color(int(k)), markersize=2.6, alpha=0.9)
        axes.set(xlim=plane.ends[0], ylim=plane.ends[1], xlabel="first feature", ylabel="second feature")
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis):
            plain(axis, 5)
    return figure


def others(scores: Array, number: int) -> Array:
    """The best score among the other classes."""
    return np.asarray(np.delete(scores, number, axis=0).max(axis=0))
