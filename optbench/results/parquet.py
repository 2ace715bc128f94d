"""Read and write table files, verified by their digests, and select rows of runs."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from optbench.results.migrate import to_present, with_format
from optbench.runtime.digests import Damaged, read_verified, write_with_digest

NO_IDS = pa.nulls(0, pa.string())  # pa.array would import pandas
ROWS = 1_000_000  # rows of a row group, which limits memory while files are merged
STEM = pa.field("stem", pa.string())  # name of a column with the stem of the file that contains the row


def read_file(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a table file of any format up to the current one.

    Raises:
        Damaged: the content does not match the digest.
        ValueError: the file is intact, but not a table of ``schema``.
        OSError: the file cannot be read; FileNotFoundError if it does not exist.
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
    """Write a table and its digest atomically.

    Raises:
        OSError: it cannot be written.
    """
    buffer = pa.BufferOutputStream()
    pq.write_table(with_format(table), buffer)
    write_with_digest(path, memoryview(buffer.getvalue()))


def write_parts(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables with the same schema to one file, like :func:`write_file`, with few of them in memory.

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
    """Concatenate small tables to tables of about ``ROWS`` rows, which become row groups of a file."""
    gathered: list[pa.Table] = []
    for table in tables:
        gathered.append(table)
        if sum(map(len, gathered)) >= ROWS:
            yield pa.concat_tables(gathered)
            gathered = []
    if gathered:
        yield pa.concat_tables(gathered)


def empty_table(schema: pa.Schema) -> pa.Table:
    """A table without rows. Unlike ``schema.empty_table()``, this does not import pandas."""
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def select_runs(ids: Mapping[str, pa.Array], values: Mapping[str, str], table: pa.Table, stem: str) -> pa.Table:
    """Select the rows of some runs. If all rows are selected, ``table`` is returned without a copy.

    Args:
        ids: the run ids to select, by the stem of the file.
        values: the values that columns must have.
        table: the table of one file.
        stem: the stem of that file.
    """
    import pyarrow.compute as pc  # takes a fifth of the time to list results, which selects no runs

    wanted = ids.get(stem, NO_IDS)
    if not values and has_only(table["run_id"], wanted):
        return table
    selected = pc.is_in(table["run_id"], value_set=wanted)
    for column, value in values.items():
        selected = pc.and_(selected, pc.equal(table[column], value))
    return table if pc.all(selected).as_py() else table.filter(selected)


def has_only(column: pa.ChunkedArray, wanted: pa.Array) -> bool:
    """Whether a dictionary-encoded column has only the given value, judged from its dictionaries, which are short."""
    import pyarrow.compute as pc  # see select_runs

    return pa.types.is_dictionary(column.type) and all(
        pc.all(pc.is_in(chunk.dictionary, value_set=wanted)).as_py() for chunk in column.chunks
    )


def add_stem(table: pa.Table, stem: str) -> pa.Table:
    """Add a column ``stem`` with the stem of the file."""
    return table.append_column(STEM, pa.repeat(stem, len(table)))
