"""One file of a table: read whole, checked against its declared columns, cut to the rows that are wanted."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

NONE = pa.array([], pa.string())
STEM = pa.field("stem", pa.string())  # of the file that holds a row


def check_readable(path: Path, schema: pa.Schema, beside: Path) -> None:
    """Raise ValueError unless the file has the columns of ``schema``; FileNotFoundError if it was merged away."""
    try:
        found = pq.read_schema(path)
    except FileNotFoundError:
        if beside.exists():
            raise ValueError(f"the {path.parent.name} beside it are missing") from None
        raise
    if not found.remove_metadata().equals(schema):
        raise ValueError(f"the columns of the {path.parent.name} beside it are not the ones declared")


def read_file(path: Path, schema: pa.Schema) -> pa.Table:
    """The table in a file; ValueError where its columns are not those of ``schema``."""
    coded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    table = pq.ParquetFile(path, read_dictionary=coded).read()
    if not table.schema.remove_metadata().equals(schema):
        raise ValueError("its columns are not the ones declared")
    return table.replace_schema_metadata()


def select_runs(ids: Mapping[str, pa.Array], equal: Mapping[str, str], table: pa.Table, stem: str) -> pa.Table:
    """The rows of the runs that ``ids`` names in this file, with the values of ``equal``; no copy where all stay."""
    wanted = pc.is_in(table["run_id"], value_set=ids.get(stem, NONE))
    for column, value in equal.items():
        wanted = pc.and_(wanted, pc.equal(table[column], value))
    return table if pc.all(wanted).as_py() else table.filter(wanted)


def add_stem(table: pa.Table, stem: str) -> pa.Table:
    """``table`` with the name of its file in a column ``stem``."""
    return table.append_column(STEM, pa.repeat(stem, len(table)))
