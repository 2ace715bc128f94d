"""Sparklines: the median curve of each contender's deciding metric, small enough for a table cell."""

import numpy as np
from numpy.typing import NDArray

from optbench.analysis import values
from optbench.analysis.metrics import Numbers
from optbench.report.blocks import Cell
from optbench.report.scope import Scope

WIDTH, HEIGHT, MARGIN = 96, 26, 2  # in the units of the viewBox
POINTS = 40


def sparklines(scope: Scope) -> dict[str, Cell]:
    """Return the curve of each contender. All have the same axes, logarithmic for a positive loss."""
    matrix = scope.matrices.get((scope.data.decide.metric, scope.deciding_split))
    names = scope.ranked.set_index("setting")["contender"]
    if matrix is None:
        return {name: Cell("") for name in names}
    rows = matrix.runs["setting"].isin(names.index).to_numpy()
    bands = values.bands([matrix._replace(runs=matrix.runs[rows], numbers=matrix.numbers[rows])])
    groups = {setting: group.set_index("step")["median"] for setting, group in bands.groupby("setting", sort=False)}
    curves = {setting: medians.reindex(matrix.steps).to_numpy(float) for setting, medians in groups.items()}
    everything = np.concatenate([*curves.values(), np.empty(0)])
    is_log = scope.data.decides_by_lower and bool((everything[~np.isnan(everything)] > 0).all())
    scaled = {setting: np.log(curve) if is_log else curve for setting, curve in curves.items()}
    paths = draw_paths(scaled)
    return {
        name: Cell("", path=paths.get(setting, ""), color=scope.colors.get(setting, ""))
        for setting, name in names.items()
    }


def draw_paths(curves: dict[str, Numbers]) -> dict[str, str]:
    """Return the data of an SVG path for each curve. Non-finite values are left out."""
    finite = np.concatenate([*(curve[np.isfinite(curve)] for curve in curves.values()), np.empty(0)])
    if not len(finite):
        return {}
    low, span = finite.min(), max(float(np.ptp(finite)), 1e-12)
    return {name: draw_path(curve, low, span) for name, curve in curves.items()}


def draw_path(curve: Numbers, low: float, span: float) -> str:
    """Return the data of the path of one curve."""
    points: NDArray[np.int64] = np.unique(np.linspace(0, len(curve) - 1, min(POINTS, len(curve))).round().astype(int))
    x = MARGIN + (WIDTH - 2 * MARGIN) * points / max(len(curve) - 1, 1)
    y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (curve[points] - low) / span
    pairs = [f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True) if np.isfinite(b)]
    return f"M{'L'.join(pairs)}" if len(pairs) > 1 else ""
