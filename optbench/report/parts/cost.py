"""The status of runs, the size of the model and the time of a step."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optbench.analysis import tables
from optbench.analysis.formatting import format_fraction, format_seconds
from optbench.report.blocks import Body, Cell, Part, Row, Table
from optbench.report.leaderboard import train_cell, wall_cells
from optbench.report.scope import Scope
from optbench.report.timing import describe_ratio
from optbench.spec.status import RunStatus

COLUMNS = [
    "setting",
    "done",
    "diverged",
    "failed",
    "parameters",
    "time per step",
    "against the fastest",
    "training time",
]
STEP_COLUMNS = ("time per step", "against the fastest", "training time")
WALL_NOTE = "The wall time is the median over the runs of a setting, as it was recorded elsewhere. "
COMPARED = "The user declared that wall times may be compared."
NOT_COMPARED = "It depends on the machines and on what else ran on them, so it is not compared."
NOTE = (
    "A step is timed alone on the machine, in rounds; below the median over rounds is its 95 % interval. The "
    "training time is the median over runs; runs are trained side by side, so it depends on their neighbors."
)
NOT_TIMED = (
    " Times that are not measured were switched off with timing=false, or varied too much on a busy machine; the same "
    "command measures them again."
)


def part(scope: Scope) -> Part:
    """Return the part with a row for each setting."""
    counts = tables.count_statuses(scope.runs).set_index("setting").to_dict("index")
    groups = scope.runs.groupby("setting", sort=False)
    facts = groups.agg(runs=("seed", "size"), parameters=("parameters", "first"), first=("diverged_at_step", "min"))
    is_timed = scope.elsewhere != "all"
    walls = {} if is_timed else wall_cells(scope, list(facts.index))
    rows = [
        Row(
            str(row.Index),
            [
                *status_cells(counts[row.Index], row),
                *(all_time_cells(scope, str(row.Index)) if is_timed else [walls[str(row.Index)]]),
            ],
        )
        for row in sorted(facts.itertuples(), key=lambda row: scope.setting_order[row.Index])
    ]
    if not is_timed:
        note = WALL_NOTE + (COMPARED if scope.data.compares_wall_times else NOT_COMPARED)
        columns = [*(name for name in COLUMNS if name not in STEP_COLUMNS), "wall time"]
        return Part("cost", "Runs and cost", Body(note=note, tables=[Table("Runs and wall time", columns, rows)]))
    note = NOTE + (NOT_TIMED if set(counts) - set(scope.step_times.index) else "")
    return Part("cost", "Runs and cost", Body(note=note, tables=[Table("Runs and the time of a step", COLUMNS, rows)]))


def status_cells(counts: Mapping[str, int], setting: pd.Series) -> list[Cell]:
    """Return the numbers of done, diverged and failed runs of a setting, and the size of the model.

    Args:
        counts: the number of runs by status.
        setting: ``runs``, their number; ``parameters``; ``first``, the first step at which a run diverged, or NaN.
    """
    first = "" if np.isnan(setting.first) else f"first at step {int(setting.first):,}"
    return [
        Cell(f"{counts[RunStatus.DONE]} of {setting.runs}"),
        Cell(format_fraction(counts[RunStatus.DIVERGED], setting.runs), first),
        Cell(format_fraction(counts[RunStatus.FAILED] + counts[RunStatus.INTERRUPTED], setting.runs)),
        Cell("unknown" if pd.isna(setting.parameters) else f"{int(setting.parameters):,}"),
    ]


def all_time_cells(scope: Scope, setting: str) -> list[Cell]:
    """Return the time of a step, its ratio to the shortest one, and the training time."""
    return [*time_cells(scope.step_times, setting), train_cell(scope, setting)]


def time_cells(times: pd.DataFrame, setting: str) -> list[Cell]:
    """Return the solo step time with its 95 % interval, and its ratio to the shortest one."""
    if setting not in times.index:
        return [Cell("not measured"), Cell("not measured")]
    time = times.loc[setting]
    return [
        Cell(
            format_seconds(time["step_s"]),
            f"{format_seconds(time['low'])} to {format_seconds(time['high'])}",
        ),
        Cell(describe_ratio(times, setting, str(times["step_s"].idxmin())).removesuffix(" the fastest")),
    ]
