"""A published study: one folder that can be copied anywhere, and is verified when it is read.

    README.md          for people: what was compared, the answer, the commands and the versions
    index.html         the page of the study, unless it was left out
    tables/*.csv       the tables of the page
    runs.parquet       the runs and trials with their labels
    curves.parquet     the metrics of these at each evaluation point
    arrays.parquet     arrays recorded in addition, if any
    timings.parquet    the times of one training step
    study.json         the study file; runs with rows are in runs.parquet
    published.json     for programs: format, versions, commands and the answer
    SHA256SUMS         the digest of every file, in the format of the command sha256sum

Equal results produce equal bytes.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from optbench.errors import StoreError
from optbench.results.loading import add_hyperparameters, load_result
from optbench.results.migrate import to_present
from optbench.results.reading import StoreReader
from optbench.results.schemas import (
    ARRAYS,
    CATEGORICAL_CURVES,
    LABEL_COLUMNS,
    RUN_COLUMNS,
    TIMINGS,
    build_schema,
)
from optbench.results.study_json import from_json
from optbench.spec.study_file import RunEntry
from optbench.spec.study_result import StudyResult

PUBLISHED_FORMAT = 1  # increase it when an older optbench could not read the folder
SUMS, STUDY, FACTS = "SHA256SUMS", "study.json", "published.json"
NEEDED = ("runs.parquet", "curves.parquet", "timings.parquet", STUDY, FACTS)
LABELED_RUNS = build_schema((*RUN_COLUMNS, *(column for column in LABEL_COLUMNS if column.name in RunEntry._fields)))
LINE = re.compile(r"([0-9a-f]{64})  (.+)")
AGAIN = "Get the folder again."


def is_published(folder: Path) -> bool:
    """Whether a folder looks like a published study."""
    return (folder / SUMS).is_file()


def published_name(folder: Path) -> str | None:
    """The name of the study in a published folder, if it can be read."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf8"))
    except (OSError, ValueError, RecursionError):
        return None
    return str(facts.get("study")) if isinstance(facts, dict) else None


def digest_of(content: bytes) -> str:
    """The SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def load_named(name: str | Path, store: StoreReader) -> StudyResult:
    """Load the result of a study by its name, or of a published folder by its path.

    Args:
        name: a path, or a string, which is a path if there is such a folder and no study of this name.
        store: the results folder.

    Raises:
        StoreError: there is no such study, or it cannot be read.
    """
    if names_folder(name, store):
        return read_published(Path(name))
    return load_result(store, store.read_study(str(name)))


def names_folder(name: str | Path, store: StoreReader) -> bool:
    """Whether a name is the path of a published folder. See :func:`load_named`."""
    return isinstance(name, Path) or (os.path.isdir(name) and name not in store.study_names())  # noqa: PTH112 - any text


def read_published(folder: Path) -> StudyResult:
    """Read a published study.

    Raises:
        StoreError: it is not a published study, or a file is missing, altered or damaged.
    """
    contents = read_verified_files(folder)
    check_format(folder, contents)
    tables = {name: read_table(folder, contents, f"{name}.parquet", schema) for name, schema in SCHEMAS.items()}
    runs = tables["runs"].to_pandas()
    try:
        file = from_json(json.loads(contents[STUDY]))
        labeled = label_published(runs, file.name)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise StoreError(f"{folder / STUDY} is not a study file: {one_line(error)}. {AGAIN}") from None
    rows = [RunEntry(*values) for values in zip(*(runs[name] for name in RunEntry._fields), strict=True)]
    is_trial, arrays = labeled["role"] == "trial", tables["arrays"].to_pandas()
    return StudyResult(
        file=replace(file, runs=(*rows, *file.runs)),
        runs=labeled[~is_trial],
        trials=labeled[is_trial],
        curves=tables["curves"].to_pandas(),
        timings=tables["timings"].to_pandas(),
        skipped=(),
        arrays=lambda run_ids, kind: select_arrays(arrays, run_ids, kind),
    )


SCHEMAS = {"runs": LABELED_RUNS, "curves": CATEGORICAL_CURVES, "timings": TIMINGS, "arrays": ARRAYS}


def label_published(runs: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of runs with the name of their study and their hyperparameters.

    Raises:
        ValueError: a row has no configuration.
    """
    return add_hyperparameters(runs.assign(study=name))


def select_arrays(arrays: pd.DataFrame, run_ids: Iterable[str], kind: str) -> pd.DataFrame:
    """The arrays of one kind for some runs."""
    return arrays[arrays["run_id"].isin(set(run_ids)) & (arrays["kind"] == kind)]


def read_verified_files(folder: Path) -> dict[str, bytes]:
    """The content of every file listed in SHA256SUMS, by its path in the folder.

    Raises:
        StoreError: a file is missing or altered, or the list cannot be read.
    """
    expected = read_sums(folder)
    missing = [name for name in NEEDED if name not in expected]
    if missing:
        raise StoreError(f"{folder} is not a whole published study: {SUMS} does not list {missing[0]}. {AGAIN}")
    return {name: read_verified_file(folder, name, digest) for name, digest in expected.items()}


def read_sums(folder: Path) -> dict[str, str]:
    """The digests in SHA256SUMS, by path."""
    if not folder.is_dir():
        raise StoreError(f"There is no folder {folder}. Name the folder of a published study.")
    try:
        lines = (folder / SUMS).read_text(encoding="utf8").splitlines()
    except FileNotFoundError:
        raise StoreError(f"{folder} is not a published study: it has no {SUMS}. Name another folder.") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder / SUMS} cannot be read: {one_line(error)}. {AGAIN}") from None
    found = {}
    for number, line in enumerate(lines, start=1):
        matched = LINE.fullmatch(line)
        if matched is None or not is_inside(matched[2]):
            raise StoreError(f"{folder / SUMS} is damaged: line {number} is not `digest  file`. {AGAIN}")
        found[matched[2]] = matched[1]
    return found


def is_inside(name: str) -> bool:
    """Whether a relative path stays inside the folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def read_verified_file(folder: Path, name: str, digest: str) -> bytes:
    """The content of one file."""
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        raise StoreError(f"{folder / name} is missing, which {SUMS} lists. {AGAIN}") from None
    except OSError as error:
        raise StoreError(f"{folder / name} cannot be read: {error.strerror}. {AGAIN}") from None
    if digest_of(content) != digest:
        raise StoreError(f"{folder / name} is not what was published: its SHA-256 is another than in {SUMS}. {AGAIN}")
    return content


def check_format(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Raise StoreError if a newer optbench wrote the folder."""
    try:
        number = json.loads(contents[FACTS])["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StoreError(f"{folder / FACTS} is damaged: it has no format. {AGAIN}") from None
    if not isinstance(number, int) or number > PUBLISHED_FORMAT:
        text = f"it is of format {number}, and this optbench reads up to {PUBLISHED_FORMAT}"
        raise StoreError(f"{folder} was published by a newer optbench: {text}. Install a newer one.")


def read_table(folder: Path, contents: Mapping[str, bytes], name: str, schema: pa.Schema) -> pa.Table:
    """The table in one Parquet file; an empty table if the folder has no such file."""
    if name not in contents:
        return schema.empty_table()
    encoded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    try:
        table = pq.ParquetFile(pa.BufferReader(contents[name]), read_dictionary=encoded).read()
        return to_present(table, schema)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise StoreError(f"{folder / name} cannot be read: {one_line(error)}. {AGAIN}") from None


def one_line(error: Exception) -> str:
    """The message of an error, on one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
