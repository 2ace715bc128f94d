"""A table in a separate Parquet file, with additional data in the file's metadata."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from optbench.runtime.files import write_whole

METADATA = b"optbench"


def empty_table(schema: pa.Schema) -> pd.DataFrame:
    """A table without rows."""
    return schema.empty_table().to_pandas()


def read_table(path: Path, schema: pa.Schema) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table in a file, with its columns cast to ``schema``, and the additional data.

    Raises:
        ValueError: the file does not contain such a table.
        OSError: it cannot be read.
    """
    try:
        table = pq.ParquetFile(path).read()
        about = json.loads(table.schema.metadata[METADATA])
        return table.replace_schema_metadata().cast(schema).to_pandas(), about
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise ValueError(" ".join(str(error).split())) from None


def write_table(
    path: Path, table: pd.DataFrame, schema: pa.Schema, about: Mapping[str, Any], repeated: Sequence[str]
) -> None:
    """Write a table and additional data atomically.

    Args:
        path: the path of the file.
        table: a table with the columns of ``schema``.
        schema: the schema of the file.
        about: the additional data, of JSON types.
        repeated: columns with few distinct values.

    Raises:
        OSError: it cannot be written.
    """
    rows = pa.Table.from_pandas(table[schema.names], schema=schema, preserve_index=False)
    rows = rows.replace_schema_metadata({METADATA: json.dumps(about, sort_keys=True).encode()})
    options = {"compression": "zstd", "use_dictionary": list(repeated)}
    write_whole(path, lambda temporary: pq.write_table(rows, temporary, **options))
