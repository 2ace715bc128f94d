"""Where the runs went on a test function of two numbers: contours of the function, paths, the known minima."""

import inspect
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from optbench.losses import _surfaces as surfaces
from optbench.losses._surfaces import Surface, describe_minima
from optbench.report.blocks import Drawing, Part, View, as_name
from optbench.report.figures import paths
from optbench.report.scope import Scope

NOTE = "Contours of the function, in equal ratios of its height above the minimum. All panels show the same part of it."
HOW = "Ring: start. Star: known minimum. Strong: the seed whose end is the median. Faint: the other seeds."
LOSSES = "optbench.losses."
DATA = ["setting", "seed", "step", "x", "y"]


def part(scope: Scope) -> Part | None:
    """A drawing for each setting; None unless the problem is a test function of two numbers."""
    surface = surface_of(scope)
    if surface is None or scope.summary.empty:
        return None
    places = places_of(scope)
    if places.empty:
        return None
    window = paths.window(places, surface.minima(2))
    in_order = [(setting, places[places["setting"] == setting]) for setting in scope.chosen["setting"]]
    drawings = [drawing(scope, name, of_one, surface, window) for name, of_one in in_order if len(of_one)]
    return Part("Paths", note=NOTE, views=[View("", drawings)])


def surface_of(scope: Scope) -> Surface | None:
    """The function of the problem, with the values that its runs have; None where it is none of ours."""
    if scope.runs.empty:
        return None
    node: Mapping[str, Any] = json.loads(scope.runs["config"].iloc[0])["loss"]
    name = str(node["_target_"]).rpartition(".")[2]
    function = getattr(surfaces, name, None) if str(node["_target_"]).startswith(LOSSES) else None
    if function is None:
        return None
    surface = function(**{key: node[key] for key in inspect.signature(function).parameters})
    return surface if isinstance(surface, Surface) else None


def places_of(scope: Scope) -> pd.DataFrame:
    """``optimizer, setting, run_id, seed, step, x, y, main`` of the settings that figures show, in two dimensions."""
    found = scope.data.arrays(scope.shown_runs["run_id"], "path")
    found = found[found["values"].map(len) == 2]
    xy = pd.DataFrame([list(values) for values in found["values"]], columns=["x", "y"], index=found.index)
    columns = ["run_id", "optimizer", "setting", "seed"]
    table = scope.shown_runs[columns].merge(found[["run_id", "step"]].join(xy), on="run_id")
    return table.assign(main=table["run_id"].isin(median_runs(scope))).sort_values(["setting", "seed", "step"])


def median_runs(scope: Scope) -> set[str]:
    """Of each setting the run whose last loss is the median (the lower of two), diverged ones counting as worst."""
    losses = scope.final[scope.final["metric"] == "loss"].sort_values(["value", "seed"], kind="stable")
    return {str(of_one["run_id"].iloc[(len(of_one) - 1) // 2]) for _, of_one in losses.groupby("setting")}


def drawing(scope: Scope, setting: str, places: pd.DataFrame, surface: Surface, window: paths.Window) -> Drawing:
    """The paths of one setting."""
    last = places[places["main"]].tail(1)
    ended = [f"({row.x:.4g}, {row.y:.4g})" for row in last.itertuples()]
    words = f"paths of {setting} on the contours; the median seed ended at {''.join(ended) or 'no known place'}. "
    draw = partial(paths.on_contours, places, surface, window, scope.shades[setting])
    name = f"{scope.prefix}-path-{as_name(setting)}"
    return Drawing(name, setting, HOW, f"{words}The minimum is {describe_minima(surface, 2)}.", places[DATA], draw)
