"""What a trained classifier says of the plane, where examples have two features."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from optbench.report.blocks import Drawing, Key, Part, View, as_name
from optbench.report.colors import LIGHT
from optbench.report.figures.regions import Plane, class_color, decision_regions
from optbench.report.scope import Scope

NOTE = "The stronger the colour, the surer the model; the line is where two classes are as likely as each other."
HOW = "Final parameters of the lowest seed. Dots: training examples (a part of them where there are many), by class."


def part(scope: Scope) -> Part | None:
    """A drawing for each setting; None unless regions were recorded."""
    if scope.summary.empty:
        return None
    said = arrays_of(scope, "regions")
    lowest = scope.shown_runs[scope.shown_runs["run_id"].isin(said)].sort_values("seed", kind="stable")
    lowest = lowest.drop_duplicates("setting").set_index("setting")
    if lowest.empty:
        return None
    points, ends = arrays_of(scope, "points"), arrays_of(scope, "plane")
    planes = {run: Plane(points[run], ends[run], both_sides(said[run])) for run in lowest["run_id"]}
    classes = len(next(iter(planes.values())).scores)
    drawings = [
        drawing(scope, setting, lowest.loc[setting], planes[lowest.loc[setting, "run_id"]])
        for setting in scope.chosen["setting"]
        if setting in lowest.index
    ]
    legend = [Key(class_color(k), f"class {k}") for k in range(min(classes, len(LIGHT)))]
    return Part("Decision regions", note=NOTE, legend=legend, views=[View("", drawings)])


def arrays_of(scope: Scope, kind: str) -> dict[str, Any]:
    """What was recorded of each run, in its shape."""
    rows = scope.data.arrays(scope.shown_runs["run_id"], kind)
    return {
        run: np.reshape(values, list(shape))
        for run, values, shape in zip(rows["run_id"], rows["values"], rows["shape"], strict=True)
    }


def both_sides(said: Any) -> Any:
    """A number for each class; of a single output, which says 1 above 0.5, also for class 0."""
    return np.concatenate([1 - said, said]) if len(said) == 1 else said


def drawing(scope: Scope, setting: str, run: pd.Series, plane: Plane) -> Drawing:
    """The regions of one run."""
    shares = np.bincount(plane.scores.argmax(axis=0).ravel(), minlength=len(plane.scores)) / plane.scores[0].size
    words = ", ".join(f"class {k} {100 * share:.0f} %" for k, share in enumerate(shares))
    name = f"{scope.prefix}-regions-{as_name(setting)}"
    return Drawing(
        name=name,
        title=f"{setting}, seed {run['seed']}",
        how=HOW,
        words=f"regions of the plane by {setting}: {words}.",
        data=pd.DataFrame(plane.points, columns=["x1", "x2", "class"]),
        draw=partial(decision_regions, plane),
    )
