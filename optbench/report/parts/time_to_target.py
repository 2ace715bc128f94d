"""How surely and how fast contenders reach the problem's target."""

from functools import partial

import pandas as pd

from optbench.analysis import present, targets
from optbench.report.blocks import Cell, Drawing, Part, Row, Table, View
from optbench.report.figures.intervals import intervals
from optbench.report.scope import Scope

NOTE = (
    "The target is {split} {metric} {value}, met at the first evaluation point that is as good or better. A run that "
    "misses it or diverges takes infinitely long. Time is steps times the time of one step alone. The expected running "
    "time is what all runs spent, divided by the successes."
)
HOW = "Dot: median over seeds; line: 25 to 75 %. A setting of which most seeds miss the target has no dot."
COLUMNS = ["setting", "reached by", "steps", "time", "expected steps", "expected time"]


def part(scope: Scope) -> Part | None:
    """A table and a drawing; None without a target that was recorded."""
    times = scope.data.times_to_target
    times = times[times["problem"] == scope.problem]
    if times.empty:
        return None
    table = targets.reaching(times)
    first = table.iloc[0]
    value = present.metric_value(first["metric"], first["target"])
    rows = [Row(row.setting, cells(row)) for row in table.itertuples()]
    shown = table[table["setting"].isin(scope.shades) & (table["successes"] > 0)]
    return Part(
        "Time to target",
        note=NOTE.format(split=first["split"], metric=first["metric"], value=value),
        tables=[Table("Time to target", COLUMNS, rows)],
        views=[View("", [drawing(scope, shown)])] if len(shown) else [],
    )


def cells(row: pd.Series) -> list[Cell]:
    """How many seeds reach the target, and what it takes."""
    return [
        Cell(
            f"{row.successes} of {row.runs}", f"{present.percent(row.rate_low)} to {present.percent(row.rate_high)} %"
        ),
        Cell(steps(row.steps), f"{steps(row.steps_q25)} to {steps(row.steps_q75)}"),
        Cell(present.seconds(row.seconds), f"{present.seconds(row.seconds_q25)} to {present.seconds(row.seconds_q75)}"),
        Cell(steps(row.ert_steps)),
        Cell(present.seconds(row.ert_seconds)),
    ]


def steps(value: float) -> str:
    """A number of steps."""
    return f"{value:,.0f}" if value < float("inf") else present.number(value)


def drawing(scope: Scope, table: pd.DataFrame) -> Drawing:
    """Steps to the target."""
    rows = table.assign(
        label=[f"{row.setting}: {row.successes} of {row.runs}" for row in table.itertuples()],
        color=table["setting"].map(scope.shades),
        value=table["steps"],
        low=table["steps_q25"],
        high=table["steps_q75"].where(table["steps_q75"] < float("inf"), table["steps"]),
    )
    words = ", ".join(f"{row.setting} {steps(row.steps)}" for row in table.itertuples())
    draw = partial(intervals, rows, "steps")
    return Drawing(f"{scope.prefix}-target", "steps to target", HOW, f"median over seeds: {words}.", table, draw)
