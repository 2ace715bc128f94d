"""Read a CSV file exported by Weights & Biases: its table of runs, or a chart.

Name,State,Runtime,optimizer,lr,val_loss              table of runs: a row per run
Step,adam-0 - val_loss,adam-0 - val_loss__MIN,...     chart: a column per run, one or several metrics
"""

from pathlib import Path

import pandas as pd

from optbench.importing.names import normalize
from optbench.importing.readers.files import read_file
from optbench.importing.readers.run_names import RunNames, describe_names
from optbench.importing.tables import PlainTable, refuse

SEPARATOR = " - "
EXTREMES = ("__MIN", "__MAX")
STEPS = ("step", "global_step", "epoch", "trainer_global_step")
RENAMED = {"Name": "run", "State": "status", "Runtime": "wall_s"}
UNUSED = ("ID", "Notes", "User", "Tags", "Created", "Sweep", "Description", "Group", "Job Type", "Host", "End Time")


def read_wandb(path: Path) -> PlainTable:
    """Read an export.

    Raises:
        ConfigError: the file is neither.
    """
    table = read_file(path, "wandb")
    columns = [str(name) for name in table.frame.columns]
    if any(SEPARATOR in name for name in columns):
        return read_chart(table, columns)
    if "Name" in columns or "State" in columns:
        return read_table_of_runs(table, columns)
    raise refuse(
        f"{path.name} is not an export of Weights & Biases: it has neither a column Name nor columns such as "
        "`run - val_loss`. Other tables are read by import FILE."
    )


def read_chart(table: PlainTable, columns: list[str]) -> PlainTable:
    """Read the export of a chart: a column of steps, and one column per run and metric."""
    shown = [name for name in columns if SEPARATOR in name and not name.endswith(EXTREMES)]
    steps = [name for name in columns if normalize(name) in STEPS]
    if not steps:
        raise refuse(f"{table.source.name} has no column of steps. Received the columns: {', '.join(columns[:6])}.")
    if not shown:
        raise refuse(f"{table.source.name} has no column such as `run - val_loss`, only {', '.join(EXTREMES)} of one.")
    names = RunNames()
    parts = []
    for name in shown:
        run, _, metric = name.rpartition(SEPARATOR)
        names.add(run, {})
        rows = table.frame[[steps[0], name]].set_axis(["step", "value"], axis=1)
        parts.append(rows[rows["value"].str.strip() != ""].assign(run=run, metric=metric))
    described, notes = describe_names(names)
    frame = pd.concat(parts, ignore_index=True).join(described, on="run")
    frame = frame.rename(columns={"step": "epoch"}) if normalize(steps[0]) == "epoch" else frame
    return PlainTable(frame, table.source, (*table.notes, *notes), first_row=1)


def read_table_of_runs(table: PlainTable, columns: list[str]) -> PlainTable:
    """Read the export of the table of runs: one row per run, with its configuration and summary."""
    frame = table.frame.drop(columns=[name for name in columns if name in UNUSED]).rename(columns=RENAMED)
    return PlainTable(frame, table.source, table.notes, table.first_row)
