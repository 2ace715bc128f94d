"""Write a published study atomically, see :mod:`optbench.results.published_folder`."""

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from optbench.errors import ConfigError
from optbench.results.migrate import with_format
from optbench.results.published_folder import (
    FACTS,
    LABELED_RUNS,
    PUBLISHED_FORMAT,
    STUDY,
    SUMS,
    digest_of,
    is_published,
    published_name,
)
from optbench.results.schemas import ARRAYS, CURVES, TIMINGS
from optbench.results.study_json import to_json
from optbench.spec.study_file import StudyFile
from optbench.spec.study_result import StudyResult

REPEATED = ["run_id", "split", "metric", "kind"]  # columns with few distinct values


def check_destination(folder: Path, name: str) -> None:
    """Raise ConfigError unless a study can be published to a folder: it is new, empty, or contains the same study."""
    place = real_place(folder)
    try:
        if Path.cwd().is_relative_to(place):
            raise ConfigError(f"{folder} holds the folder of this process. Choose another folder with --to.")
        if not place.exists() or (place.is_dir() and not any(place.iterdir())):
            return
    except OSError as error:
        raise cannot_be_written(folder, error) from None
    if is_published(place) and published_name(place) == name:
        return
    raise ConfigError(f"{folder} exists and holds something else, which is kept. Choose another folder with --to.")


def real_place(folder: Path) -> Path:
    """The absolute path of a folder. A link to it is kept, and its target is written."""
    return Path(os.path.realpath(folder))


def cannot_be_written(folder: Path, error: OSError) -> ConfigError:
    """The error for a folder that the operating system refuses to write."""
    return ConfigError(f"{folder} cannot be written: {error.strerror}. Choose another folder with --to.")


def write_published(
    folder: Path, result: StudyResult, facts: Mapping[str, Any], texts: Mapping[str, str], arrays: pd.DataFrame
) -> None:
    """Write a published study atomically. An older version of the same study is replaced.

    Args:
        folder: the folder to write.
        result: the result of the study.
        facts: the content of ``published.json``.
        texts: additional files by their path in the folder.
        arrays: the rows of ``arrays``; may be empty.

    Raises:
        ConfigError: the folder contains something else, or cannot be written.
    """
    check_destination(folder, result.file.name)
    place = real_place(folder)
    building = place.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        building.mkdir(parents=True)
        write_tables(building, result, arrays)
        write_file(building / STUDY, format_json(to_json(without_rows(result))))
        write_file(building / FACTS, format_json({"format": PUBLISHED_FORMAT, "study": result.file.name, **facts}))
        for path, text in texts.items():
            write_file(building / path, text)
        write_sums(building)
        put_in_place(building, place)
    except OSError as error:
        raise cannot_be_written(folder, error) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def put_in_place(building: Path, folder: Path) -> None:
    """Rename a finished folder. Any previous folder of that name is then removed."""
    older = folder.with_name(f".{uuid.uuid4().hex}.old")
    if folder.exists():
        folder.rename(older)
    try:
        building.rename(folder)
    except OSError:
        if older.exists():
            older.rename(folder)
        raise
    shutil.rmtree(older, ignore_errors=True)


def write_tables(folder: Path, result: StudyResult, arrays: pd.DataFrame) -> None:
    """Write the Parquet files."""
    runs = pd.concat([result.runs, result.trials]) if len(result.trials) else result.runs
    ids = set(runs["problem_id"] + runs["setting_id"])
    of_study = (result.timings["problem_id"] + result.timings["setting_id"]).isin(ids)
    write_table(folder / "runs.parquet", runs, LABELED_RUNS)
    write_table(folder / "curves.parquet", result.curves, CURVES)
    write_table(folder / "timings.parquet", result.timings[of_study], TIMINGS)
    if len(arrays):
        write_table(folder / "arrays.parquet", arrays, ARRAYS)


def write_table(path: Path, table: pd.DataFrame, schema: pa.Schema) -> None:
    """Write one Parquet file."""
    rows = pa.Table.from_pandas(table.reindex(columns=schema.names), schema=schema, preserve_index=False)
    repeated = [name for name in schema.names if name in REPEATED]
    pq.write_table(with_format(rows), path, compression="zstd", compression_level=15, use_dictionary=repeated)


def without_rows(result: StudyResult) -> StudyFile:
    """The study file with only the runs that have no row. All others are in the table."""
    known = set(result.runs["run_id"]) | set(result.trials["run_id"])
    return replace(result.file, runs=tuple(run for run in result.file.runs if run.run_id not in known))


def format_json(content: Mapping[str, Any]) -> str:
    """Plain data as readable JSON."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write_file(path: Path, text: str) -> None:
    """Write a text file, creating its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8", newline="\n")


def write_sums(folder: Path) -> None:
    """Write the digest of every file in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{digest_of(path.read_bytes())}  {path.relative_to(folder).as_posix()}\n" for path in files]
    write_file(folder / SUMS, "".join(lines))
