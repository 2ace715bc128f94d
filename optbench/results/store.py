"""The tables on disk: their schemas, written atomically, read whole.

    results/runs/*.parquet  curves/*.parquet    a pair of files with one stem for each finished shard
    results/arrays/*.parquet                    beside them, where more than metrics was recorded
    results/timings/*.parquet                   a file for each study
    results/studies/<name>.json                 which runs a study names, and with which labels
    results/quarantine/                         files that could not be read
    results/checkpoints/<run_id>/  weights/     where they are asked for: see training/checkpoint.py and weight_files.py

A file is written under a temporary name and renamed, runs last: where a row of ``runs`` is, what belongs to it is.
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
import pyarrow.parquet as pq

from optbench.errors import StoreError
from optbench.results.parquet import add_stem, check_readable, read_file, select_runs
from optbench.results.schemas import ARRAYS, CODED_CURVES, CURVES, FINISHED, RUNS, TIMINGS
from optbench.runtime.files import file_name, study_name, write_text

log = logging.getLogger(__name__)
PATIENCE = 20  # how often a folder is listed again while another study renames its files
BESIDE = {"curves": CURVES, "arrays": ARRAYS}  # what a shard has beside runs; of arrays there may be none
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
            for part in ("runs", *BESIDE, "timings", "studies", "logs"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
                if not os.access(self.folder / part, os.W_OK):
                    raise PermissionError(13, "Permission denied", str(self.folder / part))
        except OSError as error:
            raise StoreError(
                f"`results_dir` cannot be written to: {error.strerror}. Received: results_dir={self.folder}. "
                "Choose another folder with results_dir=..."
            ) from None

    def write_shard(self, runs: pd.DataFrame, curves: pd.DataFrame, arrays: pd.DataFrame | None = None) -> str:
        """Write the rows of a finished shard; return the stem of its files."""
        stem = uuid.uuid4().hex
        if arrays is not None and len(arrays):
            self._write("arrays", stem, arrays, ARRAYS)
        self._write("curves", stem, curves, CURVES)
        self._write("runs", stem, runs, RUNS)
        return stem

    def write_timings(self, timings: pd.DataFrame) -> None:
        """Write step times, one row for each problem and setting."""
        if len(timings):
            self._write("timings", uuid.uuid4().hex, timings, TIMINGS)

    def merge(self, stems: list[str]) -> None:
        """Put the shards with these ``stems`` into one of each file."""
        if len(stems) < 2:
            return
        stem = uuid.uuid4().hex
        for part, schema in (*BESIDE.items(), ("runs", RUNS)):
            paths = [self.folder / part / f"{s}.parquet" for s in stems]
            tables = [read_file(path, schema) for path in paths if part != "arrays" or path.exists()]
            if tables:
                self._write_arrow(part, stem, pa.concat_tables(tables))
        self._remove(stems)

    def _remove(self, stems: list[str]) -> None:
        for stem in stems:
            for part in ("runs", *BESIDE):  # runs first: a run whose row is gone needs nothing beside it
                (self.folder / part / f"{stem}.parquet").unlink(missing_ok=True)

    def keep_only(self, run_ids: set[str]) -> int:
        """Remove every other run, and superseded rows of these; return how many runs were removed."""
        runs = self.runs()
        kept = runs[runs["run_id"].isin(run_ids)]
        old = [path.stem for path in (self.folder / "runs").glob("*.parquet")]
        if len(kept):
            self.write_shard(kept, self.curves(kept), self.arrays(kept))
        self._remove(old)
        return len(runs) - len(kept)

    def runs(self, run_ids: Iterable[str] | None = None) -> pd.DataFrame:
        """The row of each run (of ``run_ids``, or all) that counts, and in ``stem`` the file that holds its curves.

        The latest counts, but a run that ended counts before one that failed or was interrupted.
        """
        runs = self._read("runs", RUNS, add_stem).to_pandas()
        if run_ids is not None:
            runs = runs[runs["run_id"].isin(set(run_ids))]
        runs = runs.assign(_ended=runs["status"].isin(FINISHED))
        in_order = runs.sort_values(["_ended", "started_at", "stem"], kind="stable").drop(columns="_ended")
        return in_order.drop_duplicates("run_id", keep="last")

    def curves(self, runs: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
        """The curves of these ``runs``, a table from :meth:`runs`; of one metric, or of all."""
        return self._beside("curves", CURVES, runs, {} if metric is None else {"metric": metric}).to_pandas()

    def coded_curves(self, runs: pd.DataFrame) -> pd.DataFrame:
        """The same with texts as categories, which takes a third of the memory: for millions of rows."""
        curves = self._beside("curves", CODED_CURVES, runs, {})
        return curves.to_pandas(split_blocks=True, self_destruct=True)

    def arrays(self, runs: pd.DataFrame, kind: str | None = None) -> pd.DataFrame:
        """What was recorded of these ``runs``, a table from :meth:`runs`, beside metrics; of one kind, or of all."""
        return self._beside("arrays", ARRAYS, runs, {} if kind is None else {"kind": kind}).to_pandas()

    def _beside(self, part: str, schema: pa.Schema, runs: pd.DataFrame, equal: Mapping[str, str]) -> pa.Table:
        """The rows of ``part`` that belong to ``runs`` and have the values of ``equal``."""
        for _ in range(PATIENCE):
            ids = {str(stem): pa.array(of_file) for stem, of_file in runs.groupby("stem")["run_id"]}
            rows = self._read(part, schema, partial(select_runs, ids, equal), set(ids))
            if all((self.folder / "curves" / f"{stem}.parquet").exists() for stem in ids):
                break
            runs = self.runs(runs["run_id"])  # another study merged files meanwhile: they have new names
        return rows

    def timings(self, host: str | None = None) -> pd.DataFrame:
        """The latest step time of each problem, setting and compile mode (of one machine, or of any)."""
        timings = (
            self._read("timings", TIMINGS, add_stem).to_pandas().sort_values(["measured_at", "stem"], kind="stable")
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
            table = read_file(path, schema)
            if schema is RUNS:
                self._check_beside(path)
            return table
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            log.warning("%s could not be read and was set aside: %s", path, error)
            for part in ("runs", *BESIDE) if path.parent.name != "timings" else ("timings",):
                self._set_aside(self.folder / part / path.name)
            return None

    def _check_beside(self, path: Path) -> None:
        """Raise ValueError unless what belongs to the runs in ``path`` can be read, FileNotFoundError if it is gone."""
        for part, schema in BESIDE.items():
            file = self.folder / part / path.name
            if part != "arrays" or file.exists():
                check_readable(file, schema, beside=path)

    def _set_aside(self, path: Path) -> None:
        aside = self.folder / "quarantine" / f"{path.parent.name}-{path.name}"
        aside.parent.mkdir(exist_ok=True)
        if path.exists():
            path.replace(aside)
