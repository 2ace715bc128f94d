"""Read tables of older formats: one function per step from a format to the next.

format 1    optbench 0.1.0: no digests beside files, no column ``serial``
format 2    the column ``serial`` in ``runs``
format 3    the column ``state_bytes`` in ``runs`` and ``timings``
format 4    the column ``origin`` in ``runs``
"""

from collections.abc import Callable

import pyarrow as pa

from optbench.results.schemas import FORMAT

FORMAT_KEY = b"optbench.format"


class NewerFormat(ValueError):
    """A file was written by a newer version of optbench. It is intact, but cannot be read."""


def add_serial(table: pa.Table) -> pa.Table:
    """Format 1 to 2: the order of rows was given only by their times."""
    if "run_id" not in table.column_names or "started_at" not in table.column_names or "serial" in table.column_names:
        return table
    return table.append_column("serial", pa.nulls(len(table), pa.int64()))


def add_state_bytes(table: pa.Table) -> pa.Table:
    """Format 2 to 3: the size of the optimizer's state was not recorded."""
    if "setting_id" not in table.column_names or "state_bytes" in table.column_names:
        return table
    return table.append_column("state_bytes", pa.nulls(len(table), pa.int64()))


def add_origin(table: pa.Table) -> pa.Table:
    """Format 3 to 4: all runs were trained here."""
    if "run_id" not in table.column_names or "started_at" not in table.column_names or "origin" in table.column_names:
        return table
    return table.append_column("origin", pa.nulls(len(table), pa.string()))


STEPS: dict[int, Callable[[pa.Table], pa.Table]] = {1: add_serial, 2: add_state_bytes, 3: add_origin}


def format_of(table: pa.Table) -> int:
    """The format number of a table."""
    return int((table.schema.metadata or {}).get(FORMAT_KEY, b"1"))


def with_format(table: pa.Table) -> pa.Table:
    """Mark a table as having the current format."""
    return table.replace_schema_metadata({FORMAT_KEY: str(FORMAT).encode()})


def to_present(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Convert a table of any format to the current one, with exactly the columns of ``schema``.

    Raises:
        NewerFormat: the table has a newer format.
        ValueError: a column is missing, or has the wrong type.
    """
    found = format_of(table)
    if found > FORMAT:
        raise NewerFormat(f"it was written by a newer optbench (format {found}; this one reads up to {FORMAT})")
    table = table.replace_schema_metadata()
    for number in range(found, FORMAT):
        table = STEPS[number](table)
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        raise ValueError(f"it has no column {missing[0]}")
    selected = table.select(schema.names)
    return selected if selected.schema.equals(schema) else selected.cast(schema)  # which imports pyarrow.compute
