"""The gap between training and the optimum of a convex problem."""

import json
from functools import partial

import numpy as np

from optbench.analysis import values
from optbench.analysis.formatting import format_number
from optbench.analysis.matrices import Matrix
from optbench.report.blocks import Body, Drawing, Part, View
from optbench.report.figures import curves
from optbench.report.parts.convergence import CAPTION, SEEDS_CAPTION, legend, seed_curves, thin_bands
from optbench.report.scope import Scope
from optbench.spec.study_file import ReferenceValue

ROUNDING_ERRORS = {
    "bfloat16": 4e-3,
    "float32": 1e-7,
    "float64": 1e-15,
}  # relative rounding error of a mean loss, by precision
NO_GAP_NOTE = "No gap is drawn, because the curves are computed on other examples."


def part(scope: Scope) -> Part | None:
    """Return the part with the objective minus its optimum, or None if the optimum is not known."""
    optima = [reference for reference in scope.references if reference.reference == "optimum"]
    if not optima or scope.summary.empty:
        return None
    optimum, error = optima[0], rounding_error(scope, optima[0])
    note = f"The least {optimum.split} {optimum.metric} is {optimum.value:.8g}, {optimum.note}. "
    if not optimum.comparable:
        return Part("optimality-gap", "Distance to the optimum", Body(note=note + NO_GAP_NOTE))
    note += f"A gap below {error:.0e} is rounding."
    views = [View("", [drawing(scope, optimum, error)])]
    return Part("optimality-gap", "Distance to the optimum", Body(note=note, legend=legend(scope), views=views))


def rounding_error(scope: Scope, optimum: ReferenceValue) -> float:
    """Return the rounding error of the loss. Smaller gaps cannot be distinguished from 0."""
    precision = json.loads(scope.runs["config"].iloc[0])["precision"]
    return float(ROUNDING_ERRORS[precision] * max(1.0, abs(optimum.value)))


def drawing(scope: Scope, optimum: ReferenceValue, error: float) -> Drawing:
    """Return the drawing of the gap over steps."""
    matrix = scope.restrict_to_figures(scope.matrices[optimum.metric, optimum.split])
    gap = gap_to_optimum(matrix, optimum.value, error)
    bands = thin_bands(values.bands([gap]))
    steps, epochs = gap.steps[-1], gap.epochs[-1]
    last = bands.sort_values("step", kind="stable").groupby("setting", sort=False)["median"].last()
    words = ", ".join(f"{setting} {format_number(value)}" for setting, value in last.items())
    return Drawing(
        name=f"{scope.prefix}-gap",
        title=f"{optimum.split} {optimum.metric} − optimum",
        caption=CAPTION + SEEDS_CAPTION,
        description=f"by steps. Median at the last step: {words}.",
        data=bands.drop(columns=["problem", "optimizer"]),
        draw=partial(
            curves.plot_convergence, bands, seed_curves(gap), scope.colors, [], steps / epochs if epochs else 1.0
        ),
    )


def gap_to_optimum(matrix: Matrix, optimum: float, smallest: float) -> Matrix:
    """Return the values of ``matrix`` minus ``optimum``, but at least ``smallest``. Missing values stay NaN."""
    return matrix._replace(numbers=np.maximum(matrix.numbers - optimum, smallest))
