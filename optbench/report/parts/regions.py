"""Decision regions of trained classifiers, for examples with two features."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from optbench.report.blocks import Body, Drawing, LegendEntry, Part, View, slugify
from optbench.report.colors import LIGHT
from optbench.report.figures.regions import Plane, class_color, plot_decision_regions
from optbench.report.scope import Scope

NOTE = "A stronger color means that the model is more certain. On the line two classes are equally likely."
CAPTION = "Final parameters of the lowest seed. Dots: training examples by class (a sample if there are many)."


def part(scope: Scope) -> Part | None:
    """Return the part with a drawing per setting, or None unless regions were recorded."""
    if scope.summary.empty:
        return None
    scores = load_arrays(scope, "regions")
    lowest = scope.figure_runs[scope.figure_runs["run_id"].isin(scores)].sort_values("seed", kind="stable")
    lowest = lowest.drop_duplicates("setting").set_index("setting")
    if lowest.empty:
        return None
    points, ends = load_arrays(scope, "points"), load_arrays(scope, "plane")
    planes = {run: Plane(points[run], ends[run], two_class_scores(scores[run])) for run in lowest["run_id"]}
    classes = len(next(iter(planes.values())).scores)
    drawings = [
        drawing(scope, setting, lowest.loc[setting], planes[lowest.loc[setting, "run_id"]])
        for setting in scope.figure_contenders["setting"]
        if setting in lowest.index
    ]
    legend = [LegendEntry(class_color(k), f"class {k}") for k in range(min(classes, len(LIGHT)))]
    return Part("regions", "Decision regions", Body(note=NOTE, legend=legend, views=[View("", drawings)]))


def load_arrays(scope: Scope, kind: str) -> dict[str, Any]:
    """Return the recorded array of each run, by run id."""
    rows = scope.data.result.arrays(scope.figure_runs["run_id"], kind)
    return {
        run: np.reshape(values, list(shape))
        for run, values, shape in zip(rows["run_id"], rows["values"], rows["shape"], strict=True)
    }


def two_class_scores(scores: Any) -> Any:
    """Return a score for each class. A single output is the score of class 1, and 1 minus it that of class 0.

    Args:
        scores: (outputs, side, side).

    Returns:
        (classes, side, side).
    """
    return np.concatenate([1 - scores, scores]) if len(scores) == 1 else scores


def drawing(scope: Scope, setting: str, run: pd.Series, plane: Plane) -> Drawing:
    """Return the drawing of one run."""
    shares = np.bincount(plane.scores.argmax(axis=0).ravel(), minlength=len(plane.scores)) / plane.scores[0].size
    words = ", ".join(f"class {k} {100 * share:.0f} %" for k, share in enumerate(shares))
    name = f"{scope.prefix}-regions-{slugify(setting)}"
    return Drawing(
        name=name,
        title=f"{setting}, seed {run['seed']}",
        caption=CAPTION,
        description=f"regions of the plane by {setting}: {words}.",
        data=pd.DataFrame(plane.points, columns=["x1", "x2", "class"]),
        draw=partial(plot_decision_regions, plane),
    )
