"""Curves of a problem against steps and against calibrated time."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from optbench.analysis import present, values
from optbench.analysis.matrices import Matrix
from optbench.report.blocks import Drawing, Key, Part, View
from optbench.report.figures import curves
from optbench.report.figures.canvas import Level
from optbench.report.scope import Scope

NOTE = "Curves of losses have a logarithmic axis. Time is steps times the time of one step alone."
BEST = " Of an optimizer with several settings the best is drawn; the tables hold all."
HOW = "Line: median over seeds. Band: 25 to 75 %."
FAINT = " Faint: single seeds, at most ten a setting."
POINTS, BAND_POINTS = 100, 600  # as many as are drawn of bands: a setting, all together
SEEDS, SEED_POINTS = 10, 1500  # and of seeds


def part(scope: Scope) -> Part | None:
    """A drawing for each metric and split, in a view by steps and one by time; None without a curve."""
    shown = {key: scope.shown(matrix) for key, matrix in scope.matrices.items()}
    drawn = {key: matrix for key, matrix in shown.items() if np.isfinite(matrix.numbers).any()}
    if not drawn:
        return None
    bands = {key: with_time(scope, thinned(values.bands([matrix]))) for key, matrix in drawn.items()}
    timed = [key for key in scope.judging if key in drawn and bands[key]["seconds"].notna().any()]
    views = [View("by steps", [in_steps(scope, matrix, bands[key]) for key, matrix in drawn.items()])]
    views += [View("by time", [in_time(scope, bands[key]) for key in timed])] if timed else []
    note = NOTE + (BEST if (scope.chosen["of"] > 1).any() else "")
    return Part("Convergence", note=note, legend=legend(scope), views=views)


def with_time(scope: Scope, bands: pd.DataFrame) -> pd.DataFrame:
    """Bands with a column ``seconds``: steps times the solo step time, NaN where that is not known."""
    return bands.assign(seconds=bands["step"] * bands["setting"].map(scope.step_times["step_s"]))


def in_steps(scope: Scope, matrix: Matrix, bands: pd.DataFrame) -> Drawing:
    """Against steps, with epochs above."""
    steps, epochs = matrix.steps[-1], matrix.epochs[-1]
    per_epoch = steps / epochs if epochs else 1.0
    draw = partial(curves.convergence, bands, seeds(matrix), scope.shades, marks(scope, bands), per_epoch)
    return drawing(scope, bands, "steps", draw)._replace(how=HOW + FAINT)


def in_time(scope: Scope, bands: pd.DataFrame) -> Drawing:
    """Against time, of the settings whose step time is known."""
    known = bands[bands["seconds"].notna()]
    unit, size = present.unit_of_time(float(known["seconds"].max()))
    timed = known.assign(time=known["seconds"] / size)
    draw = partial(curves.convergence_in_time, timed, scope.shades, marks(scope, bands), unit)
    return drawing(scope, known, "time", draw)._replace(data_of=name(scope, bands, "steps"))


def drawing(scope: Scope, bands: pd.DataFrame, view: str, draw: Callable[[], Figure]) -> Drawing:
    """One panel."""
    metric, split = bands["metric"].iloc[0], bands["split"].iloc[0]
    data = bands.drop(columns=["problem", "optimizer"]).dropna(axis="columns", how="all")
    return Drawing(name(scope, bands, view), f"{split} {metric}", HOW, f"by {view}. {last_medians(bands)}", data, draw)


def name(scope: Scope, bands: pd.DataFrame, view: str) -> str:
    """What a panel is called on the page and as a file."""
    return f"{scope.prefix}-{view}-{bands['split'].iloc[0]}-{bands['metric'].iloc[0]}"


def marks(scope: Scope, bands: pd.DataFrame) -> list[Level]:
    """The target, the published values and the references of this metric and split."""
    study, here = scope.data.study, (bands["metric"].iloc[0], bands["split"].iloc[0])
    found = []
    target = study.get("targets", {}).get(scope.problem)
    if target is not None and (target["metric"], target["split"]) == here:
        found.append(Level("target", target["value"]))
    published = study.get("published", {}).get(scope.problem, [])
    found += [Level(p["label"], p["value"]) for p in published if (p["metric"], p["split"]) == here]
    references = [line for line in scope.references if line["comparable"]]
    found += [Level(line["label"], line["value"]) for line in references if (line["metric"], line["split"]) == here]
    return found


def seeds(matrix: Matrix) -> list[curves.Seed]:
    """The first runs of each setting, as far as they are finite."""
    chosen = matrix.runs.groupby("setting", sort=False).cumcount().to_numpy() < SEEDS
    points = evenly(len(matrix.steps), max(10, min(POINTS, SEED_POINTS // max(1, chosen.sum()))))
    x, settings = matrix.steps[points], matrix.runs["setting"][chosen]
    numbers = matrix.numbers[chosen][:, points]
    of_run = [(setting, y, np.isfinite(y)) for setting, y in zip(settings, numbers, strict=True)]
    return [curves.Seed(setting, x[finite], y[finite]) for setting, y, finite in of_run]


def thinned(bands: pd.DataFrame) -> pd.DataFrame:
    """At most :data:`POINTS` points of each setting, the first and the last among them; fewer of many settings."""
    steps, settings = np.unique(bands["step"]), bands["setting"].nunique()
    return bands[bands["step"].isin(steps[evenly(len(steps), min(POINTS, BAND_POINTS // max(1, settings)))])]


def evenly(count: int, most: int) -> np.ndarray:
    """At most so many places among ``count``, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def legend(scope: Scope) -> list[Key]:
    """Colour and setting of each optimizer and, where it was chosen among several, from how many."""
    split = "validation" if scope.chosen_on == "valid" else scope.chosen_on
    flattered = f"by {split} loss on these same seeds, which flatters it"
    return [
        Key(
            scope.shades[row.setting],
            row.setting if row.of == 1 else f"{row.setting} (chosen from {row.of} {flattered})",
        )
        for row in scope.chosen.itertuples()
    ]


def last_medians(bands: pd.DataFrame) -> str:
    """Where each setting's median ended, in words."""
    metric = bands["metric"].iloc[0]
    last = bands.sort_values("step", kind="stable").groupby("setting", sort=False)["median"].last()
    words = ", ".join(f"{setting} {present.metric_value(metric, v)}" for setting, v in last.items())
    return f"Median at the last step: {words}."
