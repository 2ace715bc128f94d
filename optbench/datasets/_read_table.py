"""A table from a file: CSV with any common delimiter, optionally compressed with gzip, or Parquet."""

import csv
import gzip
import io
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from optbench.config.parameters import format_value
from optbench.datasets._columns import MISSING_TEXTS
from optbench.datasets._targets import is_number
from optbench.datasets.user_options import FileFormat
from optbench.errors import ConfigError

DELIMITERS = (",", ";", "\t", "|")
LINES_SEEN = 50  # number of lines from which the delimiter is inferred
NAMED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class ReadTable(NamedTuple):
    """A table as read."""

    frame: pd.DataFrame
    notes: tuple[str, ...]


def read_table(path: str | None, form: FileFormat, fewest: int = 2) -> ReadTable:
    """Read a table with a header and one row per example.

    Args:
        path: a CSV file (also compressed with gzip) in UTF-8 or UTF-16, or a Parquet file.
        form: the format of its text.
        fewest: minimum number of columns.

    Raises:
        ConfigError: there is no such file, it is empty, or it cannot be read as a table.
    """
    file = find_file(path, "a table: CSV, plain or compressed with gzip, or Parquet")
    content = read_bytes(file)
    if content[:4] == b"PAR1":
        return ReadTable(read_parquet(content, path), ())
    text = decode(decompress(content, path), path).replace("\r\n", "\n").replace("\r", "\n")
    check_options(form)
    if not text.strip():
        raise ConfigError(f"`dataset.path` must name a table. Received: dataset.path={path}, which is empty.")
    if "\x00" in text:
        raise ConfigError(
            f"`dataset.path` must name a table as text, or a Parquet file. Received: dataset.path={path}, which holds "
            "binary data. Export it as CSV."
        )
    return read_text(text, path, form, fewest)


def find_file(path: str | None, wanted: str) -> Path:
    """The file at a path relative to the working directory.

    Raises:
        ConfigError: there is no such file, or it is a folder.
    """
    if path is None:
        raise ConfigError(f"`dataset.path` must name {wanted}. Received: dataset.path=null. Add dataset.path=...")
    file = Path(path).expanduser()
    if not file.is_file():
        found = "a folder" if file.is_dir() else "no such file"
        raise ConfigError(f"`dataset.path` must name {wanted}. Received: dataset.path={path}, {found}. Correct it.")
    return file


def read_bytes(file: Path) -> bytes:
    """The content of a file; ConfigError if it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"`dataset.path` must name a file that can be read. Received: {file}: {error}.") from None


def check_options(form: FileFormat) -> None:
    """Raise unless the delimiter and the decimal mark are two different single characters."""
    if form.delimiter is not None and len(form.delimiter) != 1:
        raise ConfigError(
            f"`dataset.delimiter` must be one character. Received: dataset.delimiter={form.delimiter!r}. "
            "Leave it out to have it found."
        )
    if form.decimal not in (".", ",") or form.decimal == form.delimiter:
        raise ConfigError(
            "`dataset.decimal` must be . or , and not the delimiter. "
            f"Received: dataset.decimal={format_value(form.decimal)}. Leave it out for the point."
        )


def decompress(content: bytes, path: str | None) -> bytes:
    """The bytes of a file, decompressed with gzip if necessary."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(
            f"`dataset.path` must name a table. Received: dataset.path={path}, whose gzip is damaged: {error}. "
            "Write it again."
        ) from None


def decode(content: bytes, path: str | None) -> str:
    """Decode bytes as UTF-8, or UTF-16 with a byte order mark."""
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"`dataset.path` must name a table in UTF-8. Received: dataset.path={path}, whose byte {error.start} is "
            "something else. Convert it, iconv -f LATIN1 -t UTF-8."
        ) from None


def read_parquet(content: bytes, path: str | None) -> pd.DataFrame:
    """The table of a Parquet file."""
    try:
        return pd.read_parquet(io.BytesIO(content))
    except Exception as error:  # its reader passes on exceptions of its dependencies
        reason = " ".join(str(error).split())[:150]
        raise ConfigError(
            f"`dataset.path` must name a table. Received: dataset.path={path}, a Parquet file that cannot be read: "
            f"{reason}. Write it again."
        ) from None


def read_text(text: str, path: str | None, form: FileFormat, fewest: int) -> ReadTable:
    """The table in a text."""
    try:
        delimiter = form.delimiter or find_delimiter(text)
        header = next(csv.reader(io.StringIO(text.lstrip()), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise ConfigError(
            f"`dataset.path` must name a table. Received: dataset.path={path}, which cannot be read: {error}. "
            "Correct it."
        ) from None
    names = [name.strip() for name in header]
    if len(names) < fewest:
        raise ConfigError(
            f"A table must have at least two columns. Received: dataset.path={path}, one column with the delimiter "
            f"{NAMED.get(delimiter, delimiter)}. Take another, dataset.delimiter=';'."
        )
    without_header = all(is_number(name) for name in names)
    if not without_header:
        check_names(names, path)
    frame = parse(text, path, form, delimiter, None if without_header else names)
    notes = (f"{path} has no header: its columns are called column_0, column_1, ...",) if without_header else ()
    return ReadTable(frame, notes)


def check_names(names: Sequence[str], path: str | None) -> None:
    """Raise unless the names in a header are distinct; pandas would rename them."""
    named = [name for name in names if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ConfigError(
            f"Columns must have different names. Received: {', '.join(f'`{n}`' for n in twice[:5])} more than once in "
            f"{path}. Rename them."
        )


def find_delimiter(text: str) -> str:
    """The character that splits the first lines into equally many columns, at least two. The most columns win."""
    lines = text.lstrip().splitlines()[:LINES_SEEN]

    def columns(delimiter: str) -> tuple[bool, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if row]
        return bool(counts) and len(set(counts)) == 1 and counts[0] > 1, counts[0] if counts else 0

    return max(DELIMITERS, key=columns)


def parse(text: str, path: str | None, form: FileFormat, delimiter: str, names: list[str] | None) -> pd.DataFrame:
    """The rows below the header, or all rows if there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # raised where fields would be cut off
            frame = pd.read_csv(
                io.StringIO(text.lstrip()),
                sep=delimiter,
                decimal=form.decimal,
                header=None if names is None else 0,
                index_col=False,
                skipinitialspace=True,
                na_values=[*MISSING_TEXTS, *form.missing],
                low_memory=False,
                on_bad_lines="error",
            )
    except Exception as error:  # pandas raises errors of many types
        longer = isinstance(error, pd.errors.ParserWarning)
        said = "rows with more fields" if longer else str(error).replace("Error tokenizing data. C error: ", "")
        reason = " ".join(said.split())[:150].rstrip(".")
        raise ConfigError(
            f"Each row of a table must have as many fields as its header. Received: dataset.path={path}: {reason}. "
            f"Correct it, or give another dataset.delimiter than the {NAMED.get(delimiter, delimiter)}."
        ) from None
    if not len(frame):
        raise ConfigError(f"A table must have rows. Received: dataset.path={path}, a header without rows. Give data.")
    if names is None:
        return frame.set_axis([f"column_{i}" for i in range(frame.shape[1])], axis=1)
    return frame.rename(columns=str.strip)
