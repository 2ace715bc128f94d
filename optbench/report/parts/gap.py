"""How far training is from the optimum of a convex problem."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from optbench.analysis import present, values
from optbench.analysis.matrices import Matrix
from optbench.report.blocks import Drawing, Part, View
from optbench.report.figures import curves
from optbench.report.parts.convergence import FAINT, HOW, legend, seeds, thinned
from optbench.report.scope import Scope

ROUNDING = {"float32": 1e-7, "float64": 1e-15}  # by precision, of a mean loss as a share of it
OTHER_EXAMPLES = "No gap is drawn, for the curves are taken on other examples."


def part(scope: Scope) -> Part | None:
    """What training minimises less its optimum; None unless the study knows it."""
    known = [line for line in scope.references if line["reference"] == "optimum"]
    if not known or scope.summary.empty:
        return None
    line, least = known[0], floor(scope, known[0])
    note = f"The least {line['split']} {line['metric']} is {line['value']:.8g}, {line['note']}. "
    if not line["comparable"]:
        return Part("Distance to the optimum", note=note + OTHER_EXAMPLES)
    note += f"A gap below {least:.0e} is rounding."
    views = [View("", [drawing(scope, line, least)])]
    return Part("Distance to the optimum", note=note, legend=legend(scope), views=views)


def floor(scope: Scope, line: Mapping[str, Any]) -> float:
    """What a gap cannot be told from 0 below."""
    precision = json.loads(scope.runs["config"].iloc[0])["precision"]
    return float(ROUNDING[precision] * max(1.0, abs(line["value"])))


def drawing(scope: Scope, line: Mapping[str, Any], least: float) -> Drawing:
    """The gap against steps."""
    gap = gap_of(scope.shown(scope.matrices[line["metric"], line["split"]]), line["value"], least)
    bands = thinned(values.bands([gap]))
    steps, epochs = gap.steps[-1], gap.epochs[-1]
    ended = bands.sort_values("step", kind="stable").groupby("setting", sort=False)["median"].last()
    words = ", ".join(f"{setting} {present.number(value)}" for setting, value in ended.items())
    return Drawing(
        name=f"{scope.prefix}-gap",
        title=f"{line['split']} {line['metric']} − optimum",
        how=HOW + FAINT,
        words=f"by steps. Median at the last step: {words}.",
        data=bands.drop(columns=["problem", "optimizer"]),
        draw=partial(curves.convergence, bands, seeds(gap), scope.shades, [], steps / epochs if epochs else 1.0),
    )


def gap_of(matrix: Matrix, optimum: float, least: float) -> Matrix:
    """What is left to the optimum, nowhere below ``least``; NaN where nothing was recorded."""
    return matrix._replace(numbers=np.maximum(matrix.numbers - optimum, least))
