"""Read and write one file of a table, verified by its digest; select rows of runs."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from optbench.results.migrate import to_present, with_format
from optbench.runtime.digests import Damaged, read_verified, write_with_digest

NO_IDS = pa.nulls(0, pa.string())  # pa.array would import pandas
ROWS = 1_000_000  # of a group of rows: what is held in memory while files are merged
STEM = pa.field("stem", pa.string())  # the stem of the file that contains the row


def read_file(path: Path, schema: pa.Schema) -> pa.Table:
    """Read the table in a file of any format up to the present one.

    Raises:
        Damaged: its content is not what was written.
        ValueError: it is intact, and not a table of ``schema``.
        OSError: it cannot be read; FileNotFoundError where there is none.
    """
    content = read_verified(path)
    encoded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    try:
        table = pq.ParquetFile(pa.BufferReader(content), read_dictionary=encoded).read()
    except (pa.ArrowException, OSError) as error:
        raise Damaged(" ".join(str(error).split())) from None
    try:
        return to_present(table, schema)
    except pa.ArrowException as error:
        raise ValueError(" ".join(str(error).split())) from None


def write_file(path: Path, table: pa.Table) -> None:
    """Write a table and its digest, as a whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    buffer = pa.BufferOutputStream()
    pq.write_table(with_format(table), buffer)
    write_with_digest(path, memoryview(buffer.getvalue()))


def write_parts(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables of one schema to one file, as :func:`write_file` does, while few of them are held.

    Raises:
        OSError: it cannot be written.
    """
    buffer, writer = pa.BufferOutputStream(), None
    for table in map(with_format, gather(tables)):
        writer = writer or pq.ParquetWriter(buffer, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
        write_with_digest(path, memoryview(buffer.getvalue()))


def gather(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Small tables as few of about ``ROWS`` rows: each becomes a group of rows in its file."""
    gathered: list[pa.Table] = []
    for table in tables:
        gathered.append(table)
        if sum(map(len, gathered)) >= ROWS:
            yield pa.concat_tables(gathered)
            gathered = []
    if gathered:
        yield pa.concat_tables(gathered)


def empty_table(schema: pa.Schema) -> pa.Table:
    """A table without rows, made without pandas, which ``schema.empty_table()`` would import."""
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def select_runs(ids: Mapping[str, pa.Array], values: Mapping[str, str], table: pa.Table, stem: str) -> pa.Table:
    """Select the rows of some runs. If all rows are selected, ``table`` is returned without a copy.

    Args:
        ids: the run ids to select, by the stem of the file.
        values: the values that columns must have.
        table: the table of one file.
        stem: the stem of that file.
    """
    wanted = ids.get(stem, NO_IDS)
    if not values and has_only(table["run_id"], wanted):
        return table
    selected = pc.is_in(table["run_id"], value_set=wanted)
    for column, value in values.items():
        selected = pc.and_(selected, pc.equal(table[column], value))
    return table if pc.all(selected).as_py() else table.filter(selected)


def has_only(column: pa.ChunkedArray, wanted: pa.Array) -> bool:
    """Whether a dictionary-encoded column has no other values, judged by its dictionaries, which are short."""
    return pa.types.is_dictionary(column.type) and all(
        pc.all(pc.is_in(chunk.dictionary, value_set=wanted)).as_py() for chunk in column.chunks
    )


def add_stem(table: pa.Table, stem: str) -> pa.Table:
    """Add a column ``stem`` with the stem of the file."""
    return table.append_column(STEM, pa.repeat(stem, len(table)))
