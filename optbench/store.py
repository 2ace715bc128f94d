"""The tables on disk: their schemas, written atomically, read whole.

    results/runs/*.parquet  curves/*.parquet    a pair of files with one stem for each finished shard
    results/timings/*.parquet                   a file for each study
    results/studies/<name>.json                 which runs a study names, and with which labels
    results/quarantine/                         files that could not be read

A file is written under a temporary name and renamed, curves before runs: where a row of ``runs`` is, its curves are.
"""

import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from optbench.errors import StoreError
from optbench.files import file_name, study_name, write_text
from optbench.schemas import CURVES, FINISHED, RUNS, TIMINGS

log = logging.getLogger(__name__)
NONE = pa.array([], pa.string())
STEM = pa.field("stem", pa.string())  # of the file that holds a row
PATIENCE = 20  # how often a folder is listed again while another study renames its files
STUDY_KEYS = ("name", "command", "started", "versions", "device", "problems", "runs")


class Store:
    """One results folder."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            StoreError: the place cannot be written to.
        """
        try:
            for part in ("runs", "curves", "timings", "studies", "logs"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
                if not os.access(self.folder / part, os.W_OK):
                    raise PermissionError(13, "Permission denied", str(self.folder / part))
        except OSError as error:
            raise StoreError(
                f"`results_dir` cannot be written to: {error.strerror}. Received: results_dir={self.folder}. "
                "Choose another folder with results_dir=..."
            ) from None

    def write_shard(self, runs: pd.DataFrame, curves: pd.DataFrame) -> str:
        """Write the rows of a finished shard; return the stem of its two files."""
        stem = uuid.uuid4().hex
        self._write("curves", stem, curves, CURVES)
        self._write("runs", stem, runs, RUNS)
        return stem

    def write_timings(self, timings: pd.DataFrame) -> None:
        """Write step times, one row for each problem and setting."""
        if len(timings):
            self._write("timings", uuid.uuid4().hex, timings, TIMINGS)

    def merge(self, stems: list[str]) -> None:
        """Put the shards with these ``stems`` into one pair of files."""
        if len(stems) < 2:
            return
        stem = uuid.uuid4().hex
        for part, schema in (("curves", CURVES), ("runs", RUNS)):
            tables = [_read_one(self.folder / part / f"{s}.parquet", schema) for s in stems]
            self._write_arrow(part, stem, pa.concat_tables(tables))
        self._remove(stems)

    def _remove(self, stems: list[str]) -> None:
        for stem in stems:  # runs first: a run whose row is gone needs no curves
            (self.folder / "runs" / f"{stem}.parquet").unlink(missing_ok=True)
            (self.folder / "curves" / f"{stem}.parquet").unlink(missing_ok=True)

    def keep_only(self, run_ids: set[str]) -> int:
        """Remove every other run, and superseded rows of these; return how many runs were removed."""
        runs = self.runs()
        kept = runs[runs["run_id"].isin(run_ids)]
        old = [path.stem for path in (self.folder / "runs").glob("*.parquet")]
        if len(kept):
            self.write_shard(kept, self.curves(kept))
        self._remove(old)
        return len(runs) - len(kept)

    def runs(self, run_ids: Iterable[str] | None = None) -> pd.DataFrame:
        """The row of each run (of ``run_ids``, or all) that counts, and in ``stem`` the file that holds its curves.

        The latest counts, but a run that ended counts before one that failed or was interrupted.
        """
        runs = self._read("runs", RUNS, _with_stem).to_pandas()
        if run_ids is not None:
            runs = runs[runs["run_id"].isin(set(run_ids))]
        runs = runs.assign(_ended=runs["status"].isin(FINISHED))
        in_order = runs.sort_values(["_ended", "started_at", "stem"], kind="stable").drop(columns="_ended")
        return in_order.drop_duplicates("run_id", keep="last")

    def curves(self, runs: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
        """The curves of these ``runs``, a table from :meth:`runs`; of one metric, or of all."""
        for _ in range(PATIENCE):
            ids = {str(stem): pa.array(of_file) for stem, of_file in runs.groupby("stem")["run_id"]}
            curves = self._read("curves", CURVES, partial(_of_runs, ids, metric), set(ids))
            if all((self.folder / "curves" / f"{stem}.parquet").exists() for stem in ids):
                break
            runs = self.runs(runs["run_id"])  # another study merged files meanwhile: they have new names
        return curves.to_pandas()

    def timings(self, host: str | None = None) -> pd.DataFrame:
        """The latest step time of each problem, setting and compile mode (of one machine, or of any)."""
        timings = (
            self._read("timings", TIMINGS, _with_stem).to_pandas().sort_values(["measured_at", "stem"], kind="stable")
        )
        if host is not None:
            timings = timings[timings["host"] == host]
        keys = ["problem_id", "setting_id", "compile_mode"]
        return timings.drop_duplicates(keys, keep="last").drop(columns="stem")

    def finished(self) -> set[str]:
        """The ids of runs that need no more training."""
        runs = self.runs()
        return set(runs.loc[runs["status"].isin(FINISHED), "run_id"])

    def write_study(self, name: str, study: dict[str, Any]) -> None:
        """Write the study file ``name``, in place of an older one of that name."""
        write_text(self._study_path(name), json.dumps(study, indent=1))

    def read_study(self, name: str) -> dict[str, Any]:
        """The study file ``name``.

        Raises:
            StoreError: there is none, or it is not one.
        """
        try:
            study: dict[str, Any] = json.loads(self._study_path(name).read_text(encoding="utf8"))
        except FileNotFoundError:
            known = ", ".join(self.studies()) or "none"
            raise StoreError(f"There is no study `{name}` in {self.folder}. There is: {known}.") from None
        except (ValueError, OSError) as error:
            raise StoreError(f"{self._study_path(name)} cannot be read: {error}. Run the study again.") from None
        if not isinstance(study, dict) or not set(STUDY_KEYS) <= study.keys():
            raise StoreError(f"{self._study_path(name)} is not a study file. Remove it, or run the study again.")
        return study

    def readable_studies(self) -> dict[str, dict[str, Any]]:
        """The studies whose files can be read, by name; what cannot be is named in the log."""
        found = {}
        for name in self.studies():
            try:
                found[name] = self.read_study(name)
            except StoreError as error:
                log.warning("%s", error)
        return found

    def studies(self) -> list[str]:
        """The names of the studies, in order."""
        return sorted(study_name(path.stem) for path in (self.folder / "studies").glob("*.json"))

    def quarantined(self) -> list[str]:
        """The files that could not be read and were set aside."""
        return sorted(path.name for path in (self.folder / "quarantine").glob("*"))

    def _study_path(self, name: str) -> Path:
        return self.folder / "studies" / f"{file_name(name)}.json"

    def _write(self, part: str, stem: str, table: pd.DataFrame, schema: pa.Schema) -> None:
        columns = table.reindex(columns=schema.names)
        self._write_arrow(part, stem, pa.Table.from_pandas(columns, schema=schema, preserve_index=False))

    def _write_arrow(self, part: str, stem: str, table: pa.Table) -> None:
        path = self.folder / part / f"{stem}.parquet"
        temporary = path.with_suffix(".tmp")
        pq.write_table(table, temporary)
        temporary.replace(path)

    def _read(
        self, part: str, schema: pa.Schema, kept: Callable[[pa.Table, str], pa.Table], stems: set[str] | None = None
    ) -> pa.Table:
        """What is ``kept`` of each file of ``part``, or of those with ``stems``."""
        for _ in range(PATIENCE):
            paths = [p for p in sorted((self.folder / part).glob("*.parquet")) if stems is None or p.stem in stems]
            try:
                read = ((self._read_or_set_aside(path, schema), path.stem) for path in paths)
                found = [kept(table, stem) for table, stem in read if table is not None]
                return pa.concat_tables([kept(schema.empty_table(), ""), *found])
            except FileNotFoundError:  # another study merged it away since the folder was listed: list again
                continue
        raise StoreError(f"{self.folder / part} is being rewritten all the time. Try again when it is quiet.")

    def _read_or_set_aside(self, path: Path, schema: pa.Schema) -> pa.Table | None:
        try:
            table = _read_one(path, schema)
            if schema is RUNS:
                _check_readable(self.folder / "curves" / path.name, CURVES, beside=path)
            return table
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            log.warning("%s could not be read and was set aside: %s", path, error)
            for part in ("runs", "curves") if path.parent.name != "timings" else ("timings",):
                self._set_aside(self.folder / part / path.name)
            return None

    def _set_aside(self, path: Path) -> None:
        aside = self.folder / "quarantine" / f"{path.parent.name}-{path.name}"
        aside.parent.mkdir(exist_ok=True)
        if path.exists():
            path.replace(aside)


def _check_readable(path: Path, schema: pa.Schema, beside: Path) -> None:
    """Raise ValueError unless the file has the columns of ``schema``; FileNotFoundError if it was merged away."""
    try:
        found = pq.read_schema(path)
    except FileNotFoundError:
        if beside.exists():
            raise ValueError("the curves beside it are missing") from None
        raise
    if not found.remove_metadata().equals(schema):
        raise ValueError("the columns of the curves beside it are not the ones declared")


def _read_one(path: Path, schema: pa.Schema) -> pa.Table:
    table = pq.ParquetFile(path).read()
    if not table.schema.remove_metadata().equals(schema):
        raise ValueError("its columns are not the ones declared")
    return table.replace_schema_metadata()


def _of_runs(ids: Mapping[str, pa.Array], metric: str | None, table: pa.Table, stem: str) -> pa.Table:
    """The rows of the runs that ``ids`` names in this file, of one metric or all; nothing is copied where all stay."""
    wanted = pc.is_in(table["run_id"], value_set=ids.get(stem, NONE))
    if metric is not None:
        wanted = pc.and_(wanted, pc.equal(table["metric"], metric))
    return table if pc.all(wanted).as_py() else table.filter(wanted)


def _with_stem(table: pa.Table, stem: str) -> pa.Table:
    return table.append_column(STEM, pa.repeat(stem, len(table)))
