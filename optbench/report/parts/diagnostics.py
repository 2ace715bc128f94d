"""Diagnostics: the recorded quantities of training."""

from functools import partial

import numpy as np

from optbench.analysis import values
from optbench.analysis.formatting import format_number
from optbench.analysis.matrices import Matrix
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View, slugify
from optbench.report.figures import curves
from optbench.report.parts.convergence import CAPTION, SEEDS_CAPTION, band_data, legend, seed_curves, thin_bands
from optbench.report.parts.diagnostics_remark import remark
from optbench.report.scope import Scope
from optbench.spec.diagnostics import QUANTITIES, SPLIT, is_diagnostic

NOTE = (
    "Measured at evaluation points, of the step that comes next. Diagnostics describe training; higher or lower is "
    "not better."
)
SUMMARY = "Median over seeds at the last evaluation point"
PER_LAYER = "per layer"
MOST_LAYERS = 12  # maximum number of layers drawn
VIEWS = {
    "sizes": (
        "gradient_norm",
        "update_norm",
        "parameter_norm",
        "update_ratio",
        "effective_learning_rate",
        "start_distance",
    ),
    "directions": ("update_alignment", "update_persistence", "zero_updates", "saturated_updates"),
    "noise": ("gradient_noise_scale", "gradient_snr"),
    "curvature": (
        "hessian_max_eigenvalue",
        "hessian_trace",
        "step_curvature",
        "alpha",
        "sharpness",
        "stability_ratio",
    ),
}


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a drawing per quantity, or None if nothing was recorded."""
    found = {metric: matrix for (metric, split), matrix in scope.matrices.items() if is_recorded(metric, split)}
    if not found or scope.summary.empty:
        return None
    drawable = {metric: matrix for metric, matrix in found.items() if has_curve(scope, matrix)}
    body = Body(
        note=" ".join([NOTE, *remark(scope, drawable), *layer_note(drawable)]),
        tables=[summary_table(scope, [metric for metric in QUANTITIES if metric in found])],
        legend=legend(scope) if drawable else (),
        views=views(scope, drawable),
    )
    return Part("diagnostics", "Inside training", body)


def is_recorded(metric: str, split: str) -> bool:
    """Return whether a metric on a split is a diagnostic."""
    return split == SPLIT and is_diagnostic(metric)


def has_curve(scope: Scope, matrix: Matrix) -> bool:
    """Return whether there is anything to draw."""
    return len(matrix.steps) > 1 and bool(np.isfinite(scope.restrict_to_figures(matrix).numbers).any())


def summary_table(scope: Scope, metrics: list[str]) -> Table:
    """Return the table with a row per quantity and a column per setting."""
    rows = scope.summary[scope.summary["split"] == SPLIT].set_index(["metric", "setting"])["median"]
    settings = sorted(dict.fromkeys(scope.summary["setting"]), key=scope.setting_order.__getitem__)

    def cell(metric: str, setting: str) -> Cell:
        value = float(rows.get((metric, setting), np.nan))
        return Cell("not recorded" if np.isnan(value) else format_number(value), sort=value)

    table = [Row(QUANTITIES[metric].title, [cell(metric, setting) for setting in settings]) for metric in metrics]
    return Table(SUMMARY, ["quantity", *settings], table)


def views(scope: Scope, found: dict[str, Matrix]) -> list[View]:
    """Return the drawings. Those of similar quantities are in one view."""
    grouped = {label: [metric for metric in metrics if metric in found] for label, metrics in VIEWS.items()}
    grouped[PER_LAYER] = layer_metrics(found)[:MOST_LAYERS]
    return [
        View(label, [drawing(scope, m, found[m]) for m in metrics]) for label, metrics in grouped.items() if metrics
    ]


def layer_metrics(found: dict[str, Matrix]) -> list[str]:
    """Return the per-layer metrics, ordered by name."""
    return sorted(metric for metric in found if metric not in QUANTITIES)


def layer_note(found: dict[str, Matrix]) -> list[str]:
    """Return a sentence if not every layer is drawn."""
    count = len(layer_metrics(found))
    return [f"Of {count} layers, {MOST_LAYERS} are drawn; tables have all."] if count > MOST_LAYERS else []


def drawing(scope: Scope, metric: str, matrix: Matrix) -> Drawing:
    """Return the drawing of one quantity over steps."""
    shown = scope.restrict_to_figures(matrix)
    bands = thin_bands(values.bands([shown]))
    quantity, _, layer = metric.partition("/")
    steps, epochs = matrix.steps[-1], matrix.epochs[-1]
    last = bands.sort_values("step", kind="stable").groupby("setting", sort=False)["median"].last()
    words = ", ".join(f"{setting} {format_number(value)}" for setting, value in last.items())
    draw = partial(
        curves.plot_convergence,
        bands,
        seed_curves(shown),
        scope.colors,
        [],
        steps / epochs if epochs else 1.0,
        scope.data.declared,
    )
    return Drawing(
        name=f"{scope.prefix}-diagnostics-{slugify(metric)}",
        title=f"{QUANTITIES[quantity].title}{f', {layer}' if layer else ''}",
        caption=f"{QUANTITIES[quantity].meaning[:1].upper()}{QUANTITIES[quantity].meaning[1:]}. {CAPTION}"
        + SEEDS_CAPTION,
        description=f"by steps. Median at the last step: {words}.",
        data=band_data(bands),
        draw=draw,
        shown=f"{SPLIT} {metric}",
    )
