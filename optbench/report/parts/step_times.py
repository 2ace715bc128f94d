"""The time of one training step, with its interval and its ratio to sgd."""

from functools import partial

from optbench.analysis.formatting import format_number, format_seconds, time_unit
from optbench.report.blocks import Body, Drawing, Part, View
from optbench.report.figures.intervals import plot_intervals
from optbench.report.scope import Scope

NOTE = "One run alone on the machine, in rounds in which all settings and plain sgd, the reference, take turns."
CAPTION = "Median over rounds with its 95 % interval."
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
    words = [", ".join(f"{row.setting} {format_seconds(row.step_s)}" for row in times.itertuples())]
    words += [", ".join(f"{row.setting} {format_number(row.ratio_to_sgd)}" for row in times.itertuples())]
    drawings = [
        Drawing(f"{scope.prefix}-step-time", "time of one step", CAPTION, f"alone: {words[0]}.", data,
                partial(plot_intervals, in_unit, unit, bars=True)),
        Drawing(f"{scope.prefix}-step-ratio", "ratio to plain sgd", RATIO_CAPTION,
                f"of the time of one step: {words[1]}.", data,
                partial(plot_intervals, ratios, "time of one step / that of sgd", reference=1.0)),
    ]  # fmt: skip
    return Part("step-times", "Time of a step", Body(note=NOTE, views=[View("", drawings)]))
