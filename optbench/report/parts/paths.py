"""Optimization paths on a test function of two variables, with contours and known minima."""

import inspect
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from optbench.losses import _surfaces as surfaces
from optbench.losses._surfaces import Surface, describe_minima
from optbench.report.blocks import Body, Drawing, Part, View, slugify
from optbench.report.figures import paths
from optbench.report.scope import Scope

NOTE = "Contours of the function, in equal ratios of its height above the minimum. All panels show the same part of it."
CAPTION = (
    "Ring: start. Star: known minimum. Strong line: the seed with the median final loss. Faint lines: other seeds."
)
LOSSES_PREFIX = "optbench.losses."
DATA_COLUMNS = ["setting", "seed", "step", "x", "y"]


def part(scope: Scope) -> Part | None:
    """Return the part with a drawing per setting, or None unless the problem is a test function of two variables."""
    surface = find_surface(scope)
    if surface is None or scope.summary.empty:
        return None
    points = load_path_points(scope)
    if points.empty:
        return None
    window = paths.find_window(points, surface.minima(2))
    groups = [(setting, points[points["setting"] == setting]) for setting in scope.figure_contenders["setting"]]
    drawings = [drawing(scope, setting, group, surface, window) for setting, group in groups if len(group)]
    return Part("paths", "Paths", Body(note=NOTE, views=[View("", drawings)]))


def find_surface(scope: Scope) -> Surface | None:
    """Return the test function of the problem with its parameters, or None if the loss is not a test function."""
    if scope.runs.empty:
        return None
    node: Mapping[str, Any] = json.loads(scope.runs["config"].iloc[0])["loss"]
    target = str(node.get("_target_", ""))  # the loss of imported runs is unknown
    function = getattr(surfaces, target.rpartition(".")[2], None) if target.startswith(LOSSES_PREFIX) else None
    if function is None:
        return None
    surface = function(**{key: node[key] for key in inspect.signature(function).parameters})
    return surface if isinstance(surface, Surface) else None


def load_path_points(scope: Scope) -> pd.DataFrame:
    """Load the two-dimensional paths of the settings in figures.

    Returns:
        ``run_id, optimizer, setting, seed, step, x, y, main``. ``main`` marks the run with the median final loss.
    """
    arrays = scope.data.result.arrays(scope.figure_runs["run_id"], "path")
    arrays = arrays[arrays["values"].map(len) == 2]
    xy = pd.DataFrame([list(values) for values in arrays["values"]], columns=["x", "y"], index=arrays.index)
    columns = ["run_id", "optimizer", "setting", "seed"]
    table = scope.figure_runs[columns].merge(arrays[["run_id", "step"]].join(xy), on="run_id")
    return table.assign(main=table["run_id"].isin(median_runs(scope))).sort_values(["setting", "seed", "step"])


def median_runs(scope: Scope) -> set[str]:
    """Return the id of the run with the median final loss of each setting.

    With an even number of runs, this is the lower of the two middle ones. Diverged runs have the worst value.
    """
    losses = scope.final[scope.final["metric"] == "loss"].sort_values(["value", "seed"], kind="stable")
    return {str(group["run_id"].iloc[(len(group) - 1) // 2]) for _, group in losses.groupby("setting")}


def drawing(scope: Scope, setting: str, points: pd.DataFrame, surface: Surface, window: paths.Window) -> Drawing:
    """Return the drawing of one setting."""
    last = points[points["main"]].tail(1)
    ended = [f"({row.x:.4g}, {row.y:.4g})" for row in last.itertuples()]
    words = f"paths of {setting} on the contours; the median seed ended at {''.join(ended) or 'no known place'}. "
    draw = partial(paths.plot_paths, points, surface, window, scope.colors[setting])
    name = f"{scope.prefix}-path-{slugify(setting)}"
    return Drawing(
        name, setting, CAPTION, f"{words}The minimum is {describe_minima(surface, 2)}.", points[DATA_COLUMNS], draw
    )
