"""The status of runs, the size of the model and the time of a step."""

import pandas as pd

from optbench.analysis import tables
from optbench.analysis.formatting import format_fraction, format_number, format_seconds
from optbench.report.blocks import Body, Cell, Part, Row, Table
from optbench.report.scope import Scope
from optbench.spec.status import RunStatus

COLUMNS = ["setting", "done", "diverged", "failed", "parameters", "one step alone", "ratio to sgd"]
NOTE = "A step is timed alone on the machine, in turn with sgd's; below the median over rounds its 95 % interval."


def part(scope: Scope) -> Part:
    """Return the part with a row for each setting."""
    counts = tables.count_statuses(scope.runs).set_index("setting")
    rows = [
        Row(str(setting), [*status_cells(counts.loc[setting], group), *time_cells(scope.step_times, str(setting))])
        for setting, group in scope.runs.groupby("setting", sort=False)
    ]
    return Part("cost", "Runs and cost", Body(note=NOTE, tables=[Table("Runs and the time of a step", COLUMNS, rows)]))


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
    """Return the solo step time and its ratio to that of sgd, with 95 % intervals."""
    if setting not in times.index:
        return [Cell("–"), Cell("–")]
    time = times.loc[setting]
    return [
        Cell(
            format_seconds(time["step_s"]),
            f"{format_seconds(time['low'])} to {format_seconds(time['high'])}",
        ),
        Cell(
            format_number(time["ratio_to_sgd"]),
            f"{format_number(time['ratio_low'])} to {format_number(time['ratio_high'])}",
        ),
    ]
