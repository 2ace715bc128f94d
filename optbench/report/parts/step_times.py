"""The time of one training step, with its interval and its ratio to sgd."""

from functools import partial

import pandas as pd

from optbench.analysis.formatting import format_number, format_seconds, pluralize, time_unit
from optbench.report.blocks import Body, Drawing, Part, View
from optbench.report.figures.intervals import plot_intervals
from optbench.report.scope import Scope
from optbench.report.timing import is_noisy

NOTE = "One run alone on the machine, in rounds in which all settings and plain sgd, the reference, take turns."
CAPTION = "Median over rounds with its 95 % interval."
LEFT_OUT = " The step of {count} varied too much between rounds, so no ratio is shown there."
RATIO_CAPTION = f"{CAPTION} Right of the line a step is slower than that of plain sgd."


def part(scope: Scope) -> Part | None:
    """Return the part with step times and their ratios to sgd, or None without step times."""
    times = scope.step_times.reindex(scope.figure_contenders["setting"]).dropna(subset="step_s").reset_index()
    if times.empty:
        return None
    times = times.assign(label=times["setting"], color=times["setting"].map(scope.colors))
    unit, size = time_unit(float(times["step_s"].max()))
    data = times[["setting", "step_s", "low", "high", "ratio_to_sgd", "ratio_low", "ratio_high", "rounds"]]
    in_unit = times.assign(value=times["step_s"] / size, low=times["low"] / size, high=times["high"] / size)
    ratios = times.assign(value=times["ratio_to_sgd"], low=times["ratio_low"], high=times["ratio_high"])
    ratios = ratios[[not is_noisy(time) for time in times.itertuples()]]
    words = ", ".join(f"{row.setting} {format_seconds(row.step_s)}" for row in times.itertuples())
    drawings = [
        Drawing(f"{scope.prefix}-step-time", "time of one step", CAPTION, f"alone: {words}.", data,
                partial(plot_intervals, in_unit, unit, bars=True)),
        *([ratio_drawing(scope, ratios, data)] if len(ratios) else []),
    ]  # fmt: skip
    left_out = LEFT_OUT.format(count=pluralize(len(times) - len(ratios), "setting"))
    note = NOTE + (left_out if len(ratios) < len(times) else "")
    return Part("step-times", "Time of a step", Body(note=note, views=[View("", drawings)]))


def ratio_drawing(scope: Scope, ratios: pd.DataFrame, data: pd.DataFrame) -> Drawing:
    """Return the drawing of the ratios to sgd, without times that varied too much between rounds."""
    words = ", ".join(f"{row.setting} {format_number(row.ratio_to_sgd)}" for row in ratios.itertuples())
    draw = partial(plot_intervals, ratios, "time of one step / that of sgd", reference=1.0)
    name, description = f"{scope.prefix}-step-ratio", f"of the time of one step: {words}."
    return Drawing(name, "ratio to plain sgd", RATIO_CAPTION, description, data, draw)
