"""Interpret a table: distinguish runs, read their values, and list the guesses.

PlainTable ──> columns.find_columns ──> TableRows ──> values.read_values ──┐
                                         └──> runs.number_runs ───────┴──> RunTable
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optbench.importing.columns import find_columns
from optbench.importing.directions import find_directions, scale_percent
from optbench.importing.rows import TableRows
from optbench.importing.runs import number_runs, run_rows
from optbench.importing.statuses import with_statuses
from optbench.importing.tables import ImportOptions, PlainTable, RunTable, refuse
from optbench.importing.values import drop_repeated, read_values


def read_runs(table: PlainTable, options: ImportOptions = ImportOptions()) -> RunTable:  # noqa: B008 - frozen
    """Interpret a table.

    Args:
        table: the table of a reader.
        options: the options of the user.

    Raises:
        ConfigError: the table cannot be interpreted. The message is one line, with the row if it concerns one.
    """
    check_frame(table)
    columns = find_columns(table.frame, options, table.metrics)
    rows = TableRows(table, columns, options)
    numbering = number_runs(rows)
    curves = drop_repeated(read_values(rows, numbering), rows, numbering)
    metrics = find_directions(curves["metric"].cat.categories, table.metrics, options)
    curves, notes = scale_percent(curves, metrics.known, options)
    runs = run_rows(rows, numbering)
    runs, curves = with_statuses(runs, curves, metrics.known)
    found = [*table.notes, *columns.notes, *rows.notes, *metrics.notes, *notes]
    return RunTable(
        runs=runs,
        curves=curves.sort_values(["run", "metric", "split", "step"], kind="stable", ignore_index=True),
        metrics=metrics.ranges(curves),
        source=table.source,
        notes=tuple(dict.fromkeys(found)),
    )


def check_frame(table: PlainTable) -> None:
    """Raise ConfigError unless a table has rows, and columns with different names."""
    names = [str(name) for name in table.frame.columns]
    repeated = [name for name, count in zip(*np.unique(names, return_counts=True), strict=True) if count > 1]
    if repeated:
        raise refuse(f"{table.source.name} has several columns `{repeated[0]}`. Rename or remove all but one.")
    if table.frame.empty:
        raise refuse(f"{table.source.name} has no rows.")


def join_tables(tables: Sequence[PlainTable]) -> PlainTable:
    """Concatenate several long tables of one kind."""
    frame = pd.concat([table.frame for table in tables], ignore_index=True)
    return PlainTable(frame, tables[0].source, tuple(note for table in tables for note in table.notes))
