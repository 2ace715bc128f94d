"""The status of runs, the size of the model and the time of a step."""

import pandas as pd

from optbench.analysis import tables
from optbench.analysis.formatting import format_fraction, format_number, format_seconds
from optbench.report.blocks import Body, Cell, Part, Row, Table
from optbench.report.leaderboard import train_cell
from optbench.report.scope import Scope
from optbench.spec.status import RunStatus

COLUMNS = ["setting", "done", "diverged", "failed", "parameters", "time per step", "against the fastest", "train_s"]
NOTE = (
    "A step is timed alone on the machine, in rounds; below the median over rounds is its 95 % interval. train_s is "
    "the median training time of a run. Runs are trained side by side, so it depends on their neighbors."
)
NOT_TIMED = (
    " Times that are not measured were switched off with timing=false, or varied too much on a busy machine; the same "
    "command measures them again."
)


def part(scope: Scope) -> Part:
    """Return the part with a row for each setting."""
    counts = tables.count_statuses(scope.runs).set_index("setting")
    rows = [
        Row(
            str(setting),
            [
                *status_cells(counts.loc[setting], group),
                *time_cells(scope.step_times, str(setting)),
                train_cell(scope, str(setting)),
            ],
        )
        for setting, group in sorted(scope.runs.groupby("setting"), key=lambda pair: scope.setting_order[pair[0]])
    ]
    note = NOTE + (NOT_TIMED if set(counts.index) - set(scope.step_times.index) else "")
    return Part("cost", "Runs and cost", Body(note=note, tables=[Table("Runs and the time of a step", COLUMNS, rows)]))


def status_cells(counts: pd.Series, runs: pd.DataFrame) -> list[Cell]:
    """Return the numbers of done, diverged and failed runs of a setting, and the size of the model."""
    at = sorted(runs["diverged_at_step"].dropna().astype(int))
    return [
        Cell(f"{counts[RunStatus.DONE]} of {len(runs)}"),
        Cell(format_fraction(counts[RunStatus.DIVERGED], len(runs)), f"first at step {at[0]:,}" if at else ""),
        Cell(format_fraction(counts[RunStatus.FAILED] + counts[RunStatus.INTERRUPTED], len(runs))),
        Cell(f"{int(runs['parameters'].iloc[0]):,}"),
    ]


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
        Cell(f"{format_number(time['step_s'] / times['step_s'].min(), 2)} ×"),
    ]
