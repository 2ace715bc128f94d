"""Learning curves over steps and over calibrated time."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from optbench.analysis import values
from optbench.analysis.formatting import format_metric, time_unit
from optbench.analysis.matrices import Matrix
from optbench.report.blocks import Body, Drawing, LegendEntry, Part, Table, View
from optbench.report.facts import main_problem
from optbench.report.figures import curves
from optbench.report.figures.canvas import HEIGHT, ReferenceLine
from optbench.report.scope import Scope
from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.published import Published
from optbench.spec.splits import describe_split
from optbench.spec.study_file import ReferenceValue

NOTE = "Losses have a logarithmic axis. Time is the number of steps times the time of one step alone."
BEST_SETTING_NOTE = " The best setting of each optimizer is drawn; tables have all settings."
CAPTION = "Line: median over seeds. Band: 25 to 75 %."
SEEDS_CAPTION = " Faint: single seeds, at most ten per setting."
MAIN_HEIGHT = 2.35  # inches; height of the main curve
MAIN = "main-curve"
CURVES = "curves in figures"  # in the memo of a scope
POINTS, BAND_POINTS = 100, 600  # maximum number of points in bands, per setting and in total
SEEDS, SEED_POINTS = 10, 1500  # maximum number of seeds per setting, and of their points in total
SEED_VALUES, LEAST_POINTS = 10_000, 20  # on demand: maximum number of values, and minimum number of points per seed


def part(scope: Scope) -> Part | None:
    """Return the part with a drawing per metric and split, in views by steps and by time. None without curves."""
    curves_of = figure_curves(scope)
    if not curves_of:
        return None
    bands = {key: curve.bands for key, curve in curves_of.items()}
    timed = [key for key in scope.comparison_metrics if key in bands and bands[key]["seconds"].notna().any()]
    by_steps = [steps_drawing(scope, curve) for curve in curves_of.values()]
    by_time = [time_drawing(scope, bands[key]) for key in timed]
    if is_main(scope):
        holder = MAIN
    else:
        holder = by_steps[0].name
        by_steps[0] = by_steps[0]._replace(data=joined_data(curves_of))
    views = [View("by steps", [share_data(drawing, holder) for drawing in by_steps])]
    views += [View("by time", [share_data(drawing, holder) for drawing in by_time])] if by_time else []
    note = NOTE + (BEST_SETTING_NOTE if (scope.figure_contenders["of"] > 1).any() else "")
    note += describe_published(scope.entry.published)
    tables = [published_table(scope.entry.published)] if scope.entry.published else []
    return Part("convergence", "Convergence", Body(note=note, tables=tables, legend=legend(scope), views=views))


def describe_published(values: Sequence[Published]) -> str:
    """Describe the lines of published values, and what a reader must know to compare with them."""
    if not any(value.deviation for value in values):
        return ""
    notes = dict.fromkeys(value.note for value in values if value.note)
    return " ".join([" Dashed: published means. Band: one standard deviation over seeds on either side.", *notes])


def published_table(values: Sequence[Published]) -> Table:
    """Return the published values as a table."""
    columns = ["published", "metric", "value", "seeds", "epochs", "setting", "source"]
    rows = [
        [
            value.label,
            f"{value.split} {value.metric}",
            f"{value.value:.6g}" + (f" ± {value.deviation:.3g}" if value.deviation else ""),
            str(value.seeds or "–"),
            str(value.epochs or "–"),
            value.setting or "–",
            value.source,
        ]
        for value in values
    ]
    return Table.from_frame("Published values", pd.DataFrame(rows, columns=columns))


def main_figure(scope: Scope) -> Part | None:
    """Return a part with one drawing: the deciding metric over steps. None if it was not recorded.

    On the page, it has the data of all metrics and splits, which it shows on demand.
    """
    curves_of = figure_curves(scope)
    curve = curves_of.get((scope.data.decide.metric, scope.deciding_split))
    if curve is None:
        return None
    drawn = steps_drawing(scope, curve._replace(seeds=[]), MAIN_HEIGHT)
    left_out = scope.figure_selection_note
    caption = f"{CAPTION} {left_out[:1].upper()}{left_out[1:]}." if left_out else CAPTION
    drawn = drawn._replace(name=MAIN, caption=caption, data=joined_data(curves_of), seeds=seed_data(curve.matrix))
    if len(scope.data.problems) > 1:
        drawn = drawn._replace(title=f"{scope.problem}, {drawn.title}")
    return Part(MAIN, scope.problem, Body(legend=short_legend(scope), views=[View("", [drawn])]))


class FigureCurves(NamedTuple):
    """The curves of one metric on one split, of the settings in figures."""

    matrix: Matrix
    bands: pd.DataFrame  # from :func:`values.bands`, with seconds
    seeds: Sequence[curves.SeedCurve]


def figure_curves(scope: Scope) -> dict[tuple[str, str], FigureCurves]:
    """Return the curves of each metric and split that have a finite value."""
    if CURVES not in scope.memo:
        scope.memo[CURVES] = compute_figure_curves(scope)
    found: dict[tuple[str, str], FigureCurves] = scope.memo[CURVES]
    return found


def compute_figure_curves(scope: Scope) -> dict[tuple[str, str], FigureCurves]:
    """Compute :func:`figure_curves`."""
    recorded = {key: matrix for key, matrix in scope.matrices.items() if not is_diagnostic(key[0])}
    restricted = {key: scope.restrict_to_figures(matrix) for key, matrix in recorded.items()}
    return {
        key: FigureCurves(matrix, add_seconds(scope, thin_bands(values.bands([matrix]))), seed_curves(matrix))
        for key, matrix in restricted.items()
        if np.isfinite(matrix.numbers).any() and len(matrix.steps) > 1
    }


def is_main(scope: Scope) -> bool:
    """Return whether the main curve of the page shows this problem: that of the answer, if its metric exists."""
    known = set(scope.data.summary["problem"])
    matrix = scope.matrices.get((scope.data.decide.metric, scope.deciding_split)) if scope.problem in known else None
    return (
        bool(known)
        and scope.problem == main_problem(scope.data)
        and matrix is not None
        and bool(np.isfinite(scope.restrict_to_figures(matrix).numbers).any())
    )


def share_data(drawing: Drawing, holder: str) -> Drawing:
    """Return a drawing that uses the data of ``holder`` on the page, unless it is the holder itself."""
    return drawing if drawing.name == holder else drawing._replace(shares_data_with=holder)


def joined_data(curves_of: Mapping[tuple[str, str], FigureCurves]) -> pd.DataFrame:
    """Return the bands of all metrics and splits."""
    return band_data(pd.concat([curve.bands for curve in curves_of.values()], ignore_index=True))


def band_data(bands: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of bands that are figure data."""
    return bands.drop(columns=["problem", "optimizer"]).dropna(axis="columns", how="all")


def seed_data(matrix: Matrix) -> pd.DataFrame | None:
    """Return the curves of all seeds, ``setting, split, metric, seed, step, value``, with a limited number of points.

    None if there are too many seeds for a page.
    """
    count = min(len(matrix.steps), POINTS, SEED_VALUES // len(matrix.runs))
    if count < LEAST_POINTS and count < len(matrix.steps):
        return None
    points = evenly_spaced_indices(len(matrix.steps), count)
    table = matrix.runs.loc[:, ["setting", "seed"]].assign(split=matrix.split, metric=matrix.metric)
    rows = table.loc[table.index.repeat(len(points))]
    return rows.assign(step=np.tile(matrix.steps[points], len(table)), value=matrix.numbers[:, points].ravel()).dropna()


def add_seconds(scope: Scope, bands: pd.DataFrame) -> pd.DataFrame:
    """Add a column ``seconds``: steps times the solo step time, NaN if the step time is unknown."""
    return bands.assign(seconds=bands["step"] * bands["setting"].map(scope.step_times["step_s"]))


def steps_drawing(scope: Scope, curve: FigureCurves, height: float = HEIGHT) -> Drawing:
    """Return the drawing over steps and epochs."""
    matrix, bands, seeds = curve
    steps, epochs = matrix.steps[-1], matrix.epochs[-1]
    per_epoch = None if np.isnan(epochs) else steps / epochs if epochs else 1.0
    lines, declared = reference_lines(scope, bands), scope.data.declared
    draw = partial(curves.plot_convergence, bands, seeds, scope.colors, lines, per_epoch, declared, height)
    return drawing(scope, bands, "steps", draw)._replace(caption=CAPTION + SEEDS_CAPTION)


def time_drawing(scope: Scope, bands: pd.DataFrame) -> Drawing:
    """Return the drawing over time, for the settings whose step time is known."""
    known = bands[bands["seconds"].notna()]
    unit, size = time_unit(float(known["seconds"].max()))
    timed = known.assign(time=known["seconds"] / size)
    lines = reference_lines(scope, bands)
    draw = partial(curves.plot_convergence_in_time, timed, scope.colors, lines, unit, scope.data.declared)
    return drawing(scope, known, "time", draw)


def drawing(scope: Scope, bands: pd.DataFrame, view: str, draw: Callable[[], Figure]) -> Drawing:
    """Return one panel. ``view`` is ``steps`` or ``time``."""
    split, metric = bands["split"].iloc[0], bands["metric"].iloc[0]
    title = f"{describe_split(split)} {metric}"
    description = f"by {view}. {describe_last_medians(bands)}"
    name = drawing_name(scope, bands, view)
    return Drawing(name, title, CAPTION, description, band_data(bands), draw, shown=f"{split} {metric}")


def drawing_name(scope: Scope, bands: pd.DataFrame, view: str) -> str:
    """Return the name of a panel on the page and in files."""
    return f"{scope.prefix}-{view}-{bands['split'].iloc[0]}-{bands['metric'].iloc[0]}"


def reference_lines(scope: Scope, bands: pd.DataFrame) -> list[ReferenceLine]:
    """Return the target, the published values and the references of this metric and split."""
    key, target = (bands["metric"].iloc[0], bands["split"].iloc[0]), scope.entry.target
    is_shown = target is not None and (target.metric, target.split) == key
    lines = [ReferenceLine("target", target.value)] if target is not None and is_shown else []
    references = [reference for reference in scope.references if reference.comparable]
    values: list[Published | ReferenceValue] = [*scope.entry.published, *references]
    return [*lines, *(reference_line(value) for value in values if (value.metric, value.split) == key)]


def reference_line(value: Published | ReferenceValue) -> ReferenceLine:
    """Return the line of a published value, with a band if its deviation is known, or of a reference."""
    return ReferenceLine(value.label, value.value, value.deviation if isinstance(value, Published) else 0.0)


def seed_curves(matrix: Matrix) -> list[curves.SeedCurve]:
    """Return the curves of the first runs of each setting, without non-finite points."""
    rows = matrix.runs.groupby("setting", sort=False).cumcount().to_numpy() < SEEDS
    points = evenly_spaced_indices(len(matrix.steps), max(10, min(POINTS, SEED_POINTS // max(1, rows.sum()))))
    x, settings = matrix.steps[points], matrix.runs["setting"][rows]
    numbers = matrix.numbers[rows][:, points]
    runs = [(setting, y, np.isfinite(y)) for setting, y in zip(settings, numbers, strict=True)]
    return [curves.SeedCurve(setting, x[finite], y[finite]) for setting, y, finite in runs]


def thin_bands(bands: pd.DataFrame) -> pd.DataFrame:
    """Keep at most :data:`POINTS` points of each setting, including the first and the last one.

    With many settings, fewer points are kept, so that the total is at most :data:`BAND_POINTS`.
    """
    steps, settings = np.unique(bands["step"]), bands["setting"].nunique()
    return bands[
        bands["step"].isin(steps[evenly_spaced_indices(len(steps), min(POINTS, BAND_POINTS // max(1, settings)))])
    ]


def evenly_spaced_indices(count: int, max_indices: int) -> np.ndarray:
    """Return at most ``max_indices`` evenly spaced indices in 0 .. count - 1."""
    return np.unique(np.linspace(0, count - 1, min(count, max_indices)).round().astype(int))


def legend(scope: Scope) -> list[LegendEntry]:
    """Return the legend: the setting of each optimizer and the number of settings from which it was chosen."""
    criterion = f"by {scope.decision} on these same seeds, so its value is optimistic"
    return [
        LegendEntry(
            scope.colors[row.setting],
            row.setting if row.of == 1 else f"{row.setting} (chosen from {row.of} {criterion})",
            row.setting,
        )
        for row in scope.figure_contenders.itertuples()
    ]


def short_legend(scope: Scope) -> list[LegendEntry]:
    """Return the legend of the main curve: optimizers, whose settings are in the leaderboard."""
    return [
        LegendEntry(scope.colors[row.setting], row.contender, row.setting)
        for row in scope.figure_contenders.itertuples()
    ]


def describe_last_medians(bands: pd.DataFrame) -> str:
    """Return a sentence with the last median of each setting."""
    metric = bands["metric"].iloc[0]
    last = bands.sort_values("step", kind="stable").groupby("setting", sort=False)["median"].last()
    words = ", ".join(f"{setting} {format_metric(metric, v)}" for setting, v in last.items())
    return f"Median at the last step: {words}."
