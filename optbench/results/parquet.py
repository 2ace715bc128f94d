"""Read a file of a table: check its columns and select rows."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

NO_IDS = pa.array([], pa.string())
STEM = pa.field("stem", pa.string())  # the stem of the file that contains the row


def check_readable(path: Path, schema: pa.Schema, runs_path: Path) -> None:
    """Check that a file exists and has the columns of ``schema``.

    Args:
        path: a file of curves or arrays.
        schema: the expected schema.
        runs_path: the file of the same shard that contains the runs.

    Raises:
        ValueError: the file is missing or has other columns.
        FileNotFoundError: both files are missing, because another study merged them.
    """
    try:
        found = pq.read_schema(path)
    except FileNotFoundError:
        if runs_path.exists():
            raise ValueError(f"the {path.parent.name} beside it are missing") from None
        raise
    if not found.remove_metadata().equals(schema):
        raise ValueError(f"the columns of the {path.parent.name} beside it are not the ones declared")


def read_file(path: Path, schema: pa.Schema) -> pa.Table:
    """Read the table in a file.

    Raises:
        ValueError: its columns are not those of ``schema``.
    """
    encoded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    table = pq.ParquetFile(path, read_dictionary=encoded).read()
    if not table.schema.remove_metadata().equals(schema):
        raise ValueError("its columns are not the ones declared")
    return table.replace_schema_metadata()


def select_runs(ids: Mapping[str, pa.Array], values: Mapping[str, str], table: pa.Table, stem: str) -> pa.Table:
    """Select the rows of some runs. If all rows are selected, ``table`` is returned without a copy.

    Args:
        ids: the run ids to select, by the stem of the file.
        values: the values that columns must have.
        table: the table of one file.
        stem: the stem of that file.
    """
    selected = pc.is_in(table["run_id"], value_set=ids.get(stem, NO_IDS))
    for column, value in values.items():
        selected = pc.and_(selected, pc.equal(table[column], value))
    return table if pc.all(selected).as_py() else table.filter(selected)


def add_stem(table: pa.Table, stem: str) -> pa.Table:
    """Add a column ``stem`` with the stem of the file."""
    return table.append_column(STEM, pa.repeat(stem, len(table)))
