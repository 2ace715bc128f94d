"""The success rate and the time to target of each contender."""

import math
from functools import partial

import pandas as pd

from optbench.analysis import targets
from optbench.analysis.formatting import format_metric, format_number, format_percent, format_seconds
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View
from optbench.report.figures.intervals import plot_intervals
from optbench.report.scope import Scope
from optbench.spec.splits import describe_split

NOTE = (
    "The target is {split} {metric} {value}. It is reached at the first evaluation point that is as good or better, "
    "even if the run gets worse later. Medians are over seeds, and runs that miss the target count as infinite (∞). "
    "Time is the number of steps times the time of one step alone. The expected time is what all runs spent, divided "
    "by the number of runs that reached the target."
)
CAPTION = "Dot: median over seeds; line: 25 to 75 %. A setting has no dot if most of its seeds miss the target."
COLUMNS = ["setting", "reached by", "median steps", "median time", "expected steps", "expected time"]
NO_TIME = "step not timed"


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a drawing, or None unless the metric of the target was recorded."""
    times = scope.data.times_to_target
    times = times[times["problem"] == scope.problem]
    if times.empty:
        return None
    table = targets.summarize_times(times)
    first = table.iloc[0]
    value = format_metric(first["metric"], first["target"])
    table = table.sort_values("setting", key=lambda names: names.map(scope.setting_order), kind="stable")
    rows = [Row(row.setting, cells(row)) for row in table.itertuples()]
    in_figure = table[table["setting"].isin(scope.colors) & (table["successes"] > 0)]
    body = Body(
        note=NOTE.format(split=describe_split(first["split"]), metric=first["metric"], value=value),
        tables=[Table("Time to target", COLUMNS, rows)],
        views=[View("", [drawing(scope, in_figure)])] if len(in_figure) else [],
    )
    return Part("time-to-target", "Time to target", body)


def cells(row: pd.Series) -> list[Cell]:
    """Return the number of successful seeds, the time to target and the expected running time."""
    return [
        Cell(
            f"{row.successes} of {row.runs}",
            f"95 % interval {format_percent(row.rate_low)} to {format_percent(row.rate_high)} %",
        ),
        Cell(format_steps(row.steps), f"25 to 75 %: {format_steps(row.steps_q25)} to {format_steps(row.steps_q75)}"),
        time_cell(row),
        Cell(format_steps(row.ert_steps)),
        Cell(NO_TIME if math.isnan(row.ert_seconds) else format_seconds(row.ert_seconds)),
    ]


def time_cell(row: pd.Series) -> Cell:
    """Return the median time to the target with its quartiles."""
    if math.isnan(row.seconds):
        return Cell(NO_TIME)
    return Cell(
        format_seconds(row.seconds),
        f"25 to 75 %: {format_seconds(row.seconds_q25)} to {format_seconds(row.seconds_q75)}",
    )


def format_steps(value: float) -> str:
    """Format a number of steps."""
    return f"{value:,.0f}" if value < float("inf") else format_number(value)


def drawing(scope: Scope, table: pd.DataFrame) -> Drawing:
    """Return the drawing of steps to the target."""
    rows = table.assign(
        label=[f"{row.setting}: {row.successes} of {row.runs}" for row in table.itertuples()],
        color=table["setting"].map(scope.colors),
        value=table["steps"],
        low=table["steps_q25"],
        high=table["steps_q75"].where(table["steps_q75"] < float("inf"), table["steps"]),
    )
    words = ", ".join(f"{row.setting} {format_steps(row.steps)}" for row in table.itertuples())
    draw = partial(plot_intervals, rows, "steps")
    return Drawing(f"{scope.prefix}-target", "steps to target", CAPTION, f"median over seeds: {words}.", table, draw)
