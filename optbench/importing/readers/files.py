"""Read a table from a file: CSV with any separator, Parquet, JSON records or JSON lines."""

import csv
import hashlib
import io
import json
from pathlib import Path

import pandas as pd

from optbench.importing.tables import PlainTable, Source, list_names, quote, refuse

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".json": "json", ".jsonl": "json lines", ".ndjson": "json lines"}


def read_file(path: Path, kind: str = "") -> PlainTable:
    """Read a table.

    Args:
        path: the path of the file. Its suffix determines the format; everything other than Parquet and JSON is CSV.
        kind: the name of the reader; if empty, ``csv``, ``parquet`` or ``json`` by format.

    Raises:
        ConfigError: there is no such file, or it is not a table.
    """
    content = read_content(path)
    form = SUFFIXES.get(path.suffix.lower(), "csv")
    notes: tuple[str, ...] = ()
    if form == "csv":
        frame, notes = parse_csv(content, path.name)
    elif form == "parquet":
        frame = parse_parquet(content, path.name)
    else:
        frame = parse_json(content, path.name, form == "json lines")
    source = Source(kind or form.partition(" ")[0], path.name, hashlib.sha256(content).hexdigest())
    return PlainTable(frame, source, notes, first_row=2 if form == "csv" else 1)


def read_content(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ConfigError: there is no such file, it is a folder, or it cannot be read.
    """
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        raise refuse(f"{path} is a folder. Name a file, or a reader: import tensorboard {path}.") from None
    except FileNotFoundError:
        raise refuse(f"There is no file {path}.") from None
    except OSError as error:
        raise refuse(f"{path} cannot be read: {error.strerror}.") from None
    if not content.strip():
        raise refuse(f"{path.name} is empty.")
    return content


def parse_csv(content: bytes, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The texts of a CSV file by column, and a note on the separator unless it is a comma."""
    text = decode(content, name)
    lines = text.lstrip("\r\n").partition("\n")
    header = lines[0].rstrip("\r")
    separator = max(SEPARATORS, key=header.count)
    columns = check_header(header, separator, name)
    check_widths(text, separator, len(columns), name)
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, index_col=False, names=columns, header=0
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise refuse(f"{name} is not a table: {describe(error)}.") from None
    note = () if separator == "," or len(columns) == 1 else (f"separator = {SEPARATORS[separator]}",)
    return frame, note


def decode(content: bytes, name: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        ConfigError: it is not text.
    """
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise refuse(f"{name} is not text in UTF-8 (row {row}). Save it as UTF-8.") from None
    if "\0" in text:
        raise refuse(f"{name} is not text: it has null characters. Name its reader if it is not a CSV file.")
    return text


def check_header(header: str, separator: str, name: str) -> list[str]:
    """The names of the columns.

    Raises:
        ConfigError: a column has no name, two have the same name, or the names are numbers.
    """
    columns = [cell.strip() for cell in next(csv.reader([header], delimiter=separator), [])]
    if all(is_number(cell) for cell in columns):
        raise refuse(f"{name} has no names of columns in its first row. Received: {list_names(columns)}.")
    empty = [place for place, cell in enumerate(columns, 1) if not cell]
    if empty and empty != [1]:
        raise refuse(f"Column {empty[0]} of {name} has no name. Name it, or remove it.")
    columns = [cell or "index" for cell in columns]  # the index written by pandas
    repeated = [cell for cell in columns if columns.count(cell) > 1]
    if repeated:
        raise refuse(f"{name} has several columns `{quote(repeated[0])}`. Rename or remove all but one.")
    return columns


def check_widths(text: str, separator: str, width: int, name: str) -> None:
    """Raise ConfigError if a row has more or fewer cells than there are columns."""
    if '"' in text:
        try:
            rows = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
            widths = [len(cells) for cells in rows if cells]
        except csv.Error as error:
            raise refuse(f"{name} is not a table: {describe(error)}.") from None
    else:
        widths = [line.count(separator) + 1 for line in text.split("\n") if line.rstrip("\r")]
    wrong = next((row for row, cells in enumerate(widths, 1) if cells != width), None)
    if wrong is not None:
        raise refuse(
            f"{name} is not a table: row {wrong} has {widths[wrong - 1]} cells, and there are {width} columns. "
            "Quote cells that have separators in them."
        )


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def parse_parquet(content: bytes, name: str) -> pd.DataFrame:
    """The table of a Parquet file."""
    try:
        return pd.read_parquet(io.BytesIO(content))
    except Exception as error:  # a damaged file raises many types of exceptions
        raise refuse(f"{name} is not a Parquet file: {describe(error)}.") from None


def parse_json(content: bytes, name: str, lines: bool) -> pd.DataFrame:
    """The table in a list of JSON objects, or in one object per line."""
    text = decode(content, name)
    try:
        parts = [line for line in text.splitlines() if line.strip()] if lines else [text]
        read = [json.loads(part) for part in parts]
    except (json.JSONDecodeError, RecursionError) as error:
        raise refuse(f"{name} is not JSON: {describe(error)}.") from None
    records = read if lines else read[0]
    if isinstance(records, dict) and isinstance(records.get("runs"), list):
        records = records["runs"]
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise refuse(f"{name} must be a list of objects, one for each row of a table.")
    nested = next((str(k) for r in records for k, v in r.items() if isinstance(v, dict | list)), None)
    if nested is not None:
        raise refuse(f"`{quote(nested)}` of {name} must be a number or a string. Received: a list or an object.")
    return pd.DataFrame.from_records(records)


def describe(error: BaseException) -> str:
    """An error on one line, without the name of the parser."""
    text = " ".join(str(error).split()).removeprefix("Error tokenizing data. ").removeprefix("C error: ").rstrip(".")
    return text or type(error).__name__
