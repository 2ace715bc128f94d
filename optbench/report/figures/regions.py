"""Decision regions: the plane in the colors of the classes, with training examples."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optbench.report.colors import INK, LIGHT
from optbench.report.figures.plot import Margins

if TYPE_CHECKING:  # a page without such figures does not need it
    from matplotlib.figure import Figure

SCORE_MARGINS = (
    0.0,
    0.3,
    0.6,
    0.9,
)  # differences between the best and the second-best score above which the color is stronger
LEVEL_ALPHA = 0.1  # the opacity that each of them adds
HEIGHT = 3.3  # inches
Array = NDArray[Any]


class Plane(NamedTuple):
    """Training examples and class scores of a model on a plane."""

    points: Array  # (n, 3): two features and the class
    ends: Array  # (2, 2): lowest and highest value of each feature
    scores: Array  # (classes, side, side): scores of the classes; rows vary the second feature


def class_color(number: int) -> str:
    """Return the color of a class."""
    return LIGHT[number % len(LIGHT)]


def plot_decision_regions(plane: Plane) -> "Figure":
    """Draw filled contours of the margin of each class, the decision boundary and the examples."""
    import matplotlib as mpl

    from optbench.report.figures.canvas import STYLE, create_panel, set_plain_scale

    with mpl.rc_context(STYLE):
        figure, axes = create_panel(HEIGHT, Margins(left=0.66))
        (x0, x1), (y0, y1) = plane.ends
        rows, columns = plane.scores[0].shape
        x, y = np.linspace(x0, x1, columns), np.linspace(y0, y1, rows)
        margins = [score - best_other_score(plane.scores, k) for k, score in enumerate(plane.scores)]
        for k, margin in enumerate(margins):
            for least in SCORE_MARGINS:
                if margin.max() > least:
                    axes.contourf(x, y, margin, levels=[least, np.inf], colors=[class_color(k)], alpha=LEVEL_ALPHA)
            if margin.min() < 0 < margin.max():
                axes.contour(x, y, margin, levels=[0.0], colors=[INK], linewidths=0.9)
        for k in np.unique(plane.points[:, 2]):
            of_class = plane.points[plane.points[:, 2] == k]
            axes.plot(of_class[:, 0], of_class[:, 1], "o", color=class_color(int(k)), markersize=2.6, alpha=0.9)
        axes.set(xlim=plane.ends[0], ylim=plane.ends[1], xlabel="first feature", ylabel="second feature")
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis):
            set_plain_scale(axis, 5)
    return figure


def best_other_score(scores: Array, number: int) -> Array:
    """Return the best score among the other classes, (side, side)."""
    return np.asarray(np.delete(scores, number, axis=0).max(axis=0))
