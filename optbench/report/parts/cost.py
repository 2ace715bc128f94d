"""How the runs of a problem ended, how large the model is, what a step costs."""

import pandas as pd

from optbench.analysis import present, tables
from optbench.report.blocks import Cell, Part, Row, Table
from optbench.report.scope import Scope

COLUMNS = ["setting", "done", "diverged", "failed", "parameters", "one step alone", "ratio to sgd"]
NOTE = "A step is timed alone on the machine, in turn with sgd's; below the median over rounds its 95 % interval."


def part(scope: Scope) -> Part:
    """A table with a row for each setting."""
    counts = tables.endings(scope.runs).set_index("setting")
    rows = [
        Row(str(setting), [*ending_cells(counts.loc[setting], group), *time_cells(scope.step_times, str(setting))])
        for setting, group in scope.runs.groupby("setting", sort=False)
    ]
    return Part("Runs and cost", note=NOTE, tables=[Table("Runs and the time of a step", COLUMNS, rows)])


def ending_cells(ending: pd.Series, runs: pd.DataFrame) -> list[Cell]:
    """How many of a setting's runs are done, diverged or failed, and the size of the model."""
    at = sorted(runs["diverged_at_step"].dropna().astype(int))
    return [
        Cell(f"{ending['done']} of {len(runs)}"),
        Cell(present.share(ending["diverged"], len(runs)), f"first at step {at[0]:,}" if at else ""),
        Cell(present.share(ending["failed"] + ending["interrupted"], len(runs))),
        Cell(f"{int(runs['parameters'].iloc[0]):,}"),
    ]


def time_cells(times: pd.DataFrame, setting: str) -> list[Cell]:
    """The time of one step alone and its ratio to sgd's, each with its 95 % interval."""
    if setting not in times.index:
        return [Cell("–"), Cell("–")]
    time = times.loc[setting]
    return [
        Cell(present.seconds(time["step_s"]), f"{present.seconds(time['low'])} to {present.seconds(time['high'])}"),
        Cell(
            present.number(time["ratio_to_sgd"]),
            f"{present.number(time['ratio_low'])} to {present.number(time['ratio_high'])}",
        ),
    ]
