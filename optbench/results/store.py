"""Read and write the tables and study files of a results folder.

    results/runs/*.parquet  curves/*.parquet    a pair of files with the same stem for each finished shard
    results/arrays/*.parquet                    a third file, if more than metrics was recorded
    results/timings/*.parquet                   a file for each study
    results/studies/<name>.json                 the runs of a study and their labels
    results/quarantine/                         files that could not be read
    results/checkpoints/<run_id>/  weights/     optional: see training/checkpoint.py and weight_files.py

A file is written under a temporary name and then renamed. The file of runs is written last. If a row of ``runs``
exists, its curves and arrays exist too. ``results/README.md`` describes all files and columns.
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
from optbench.results.schemas import ARRAYS, CATEGORICAL_CURVES, CURVES, FINISHED, RUNS, STUDY_FILE, TIMINGS
from optbench.runtime.files import file_name, study_name, write_text

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 20  # attempts to list a folder while another study renames its files
COMPANIONS = {"curves": CURVES, "arrays": ARRAYS}  # the other tables of a shard; arrays are optional
STUDY_KEYS = tuple(key.name for key in STUDY_FILE if key.required)


class Store:
    """A results folder.

    Args:
        folder: its path. :meth:`prepare` creates it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def prepare(self) -> None:
        """Create the folders.

        Raises:
            StoreError: a folder cannot be written to.
        """
        try:
            for part in ("runs", *COMPANIONS, "timings", "studies", "logs"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
                if not os.access(self.folder / part, os.W_OK):
                    raise PermissionError(13, "Permission denied", str(self.folder / part))
        except OSError as error:
            raise StoreError(
                f"`results_dir` cannot be written to: {error.strerror}. Received: results_dir={self.folder}. "
                "Choose another folder with results_dir=..."
            ) from None

    def write_shard(self, runs: pd.DataFrame, curves: pd.DataFrame, arrays: pd.DataFrame | None = None) -> str:
        """Write the rows of a finished shard and return the stem of its files."""
        stem = uuid.uuid4().hex
        if arrays is not None and len(arrays):
            self._write("arrays", stem, arrays, ARRAYS)
        self._write("curves", stem, curves, CURVES)
        self._write("runs", stem, runs, RUNS)
        return stem

    def write_timings(self, timings: pd.DataFrame) -> None:
        """Write step times, one row per problem and setting."""
        if len(timings):
            self._write("timings", uuid.uuid4().hex, timings, TIMINGS)

    def merge(self, stems: list[str]) -> None:
        """Merge the files of the shards with these ``stems`` into one file per table."""
        if len(stems) < 2:
            return
        stem = uuid.uuid4().hex
        for part, schema in (*COMPANIONS.items(), ("runs", RUNS)):
            paths = [self.folder / part / f"{s}.parquet" for s in stems]
            tables = [read_file(path, schema) for path in paths if part != "arrays" or path.exists()]
            if tables:
                self._write_arrow(part, stem, pa.concat_tables(tables))
        self._remove(stems)

    def _remove(self, stems: list[str]) -> None:
        for stem in stems:
            for part in ("runs", *COMPANIONS):  # runs first: a run without a row needs no curves
                (self.folder / part / f"{stem}.parquet").unlink(missing_ok=True)

    def keep_only(self, run_ids: set[str]) -> int:
        """Remove all other runs and superseded rows of these runs. Return the number of removed runs."""
        runs = self.runs()
        kept = runs[runs["run_id"].isin(run_ids)]
        old = [path.stem for path in (self.folder / "runs").glob("*.parquet")]
        if len(kept):
            self.write_shard(kept, self.curves(kept), self.arrays(kept))
        self._remove(old)
        return len(runs) - len(kept)

    def runs(self, run_ids: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the current row of each run.

        If a run was trained several times, the latest row is current. A row of a finished run (done or diverged) takes
        precedence over later rows of a run that failed or was interrupted.

        Args:
            run_ids: the ids of the runs. All runs if None.

        Returns:
            The columns of ``runs``, and in ``stem`` the stem of the files that contain the run.
        """
        runs = self._read("runs", RUNS, add_stem).to_pandas()
        if run_ids is not None:
            runs = runs[runs["run_id"].isin(set(run_ids))]
        runs = runs.assign(_ended=runs["status"].isin(FINISHED))
        ordered = runs.sort_values(["_ended", "started_at", "stem"], kind="stable").drop(columns="_ended")
        return ordered.drop_duplicates("run_id", keep="last")

    def curves(self, runs: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
        """Return the curves of runs.

        Args:
            runs: rows from :meth:`runs`.
            metric: the metric. All metrics if None.

        Returns:
            ``run_id, step, epoch, split, metric, value``.
        """
        return self._read_companion("curves", CURVES, runs, {} if metric is None else {"metric": metric}).to_pandas()

    def categorical_curves(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Return the curves of ``runs`` with text as categories.

        This needs a third of the memory of :meth:`curves` and is meant for millions of rows.
        """
        curves = self._read_companion("curves", CATEGORICAL_CURVES, runs, {})
        return curves.to_pandas(split_blocks=True, self_destruct=True)

    def arrays(self, runs: pd.DataFrame, kind: str | None = None) -> pd.DataFrame:
        """Return the arrays that were recorded in addition to metrics.

        Args:
            runs: rows from :meth:`runs`.
            kind: the kind of array. All kinds if None.

        Returns:
            ``run_id, kind, step, shape, values``.
        """
        return self._read_companion("arrays", ARRAYS, runs, {} if kind is None else {"kind": kind}).to_pandas()

    def _read_companion(self, part: str, schema: pa.Schema, runs: pd.DataFrame, values: Mapping[str, str]) -> pa.Table:
        """Read the rows of ``part`` that belong to ``runs`` and have these ``values`` in their columns."""
        for _ in range(MAX_ATTEMPTS):
            ids = {str(stem): pa.array(run_ids) for stem, run_ids in runs.groupby("stem")["run_id"]}
            rows = self._read(part, schema, partial(select_runs, ids, values), set(ids))
            if all((self.folder / "curves" / f"{stem}.parquet").exists() for stem in ids):
                break
            runs = self.runs(runs["run_id"])  # another study merged the files, which have new names
        return rows

    def timings(self, host: str | None = None) -> pd.DataFrame:
        """Return the latest step time of each problem, setting and compile mode.

        Args:
            host: the name of the machine. All machines if None.

        Returns:
            The columns of ``timings``. Times are in seconds.
        """
        timings = (
            self._read("timings", TIMINGS, add_stem).to_pandas().sort_values(["measured_at", "stem"], kind="stable")
        )
        if host is not None:
            timings = timings[timings["host"] == host]
        keys = ["problem_id", "setting_id", "compile_mode"]
        return timings.drop_duplicates(keys, keep="last").drop(columns="stem")

    def finished_run_ids(self) -> set[str]:
        """Return the ids of the runs that need no further training."""
        runs = self.runs()
        return set(runs.loc[runs["status"].isin(FINISHED), "run_id"])

    def write_study(self, name: str, study: dict[str, Any]) -> None:
        """Write the study file ``name``. An older file of the same name is replaced."""
        write_text(self._study_path(name), json.dumps(study, indent=1))

    def read_study(self, name: str) -> dict[str, Any]:
        """Read the study file ``name``.

        Raises:
            StoreError: there is no such file, or it is not a study file.
        """
        try:
            study: dict[str, Any] = json.loads(self._study_path(name).read_text(encoding="utf8"))
        except FileNotFoundError:
            known = ", ".join(self.study_names()) or "none"
            raise StoreError(f"There is no study `{name}` in {self.folder}. There is: {known}.") from None
        except (ValueError, OSError) as error:
            raise StoreError(f"{self._study_path(name)} cannot be read: {error}. Run the study again.") from None
        if not isinstance(study, dict) or not set(STUDY_KEYS) <= study.keys():
            raise StoreError(f"{self._study_path(name)} is not a study file. Remove it, or run the study again.")
        return study

    def readable_studies(self) -> dict[str, dict[str, Any]]:
        """Return the readable study files by name. Unreadable ones are logged."""
        studies = {}
        for name in self.study_names():
            try:
                studies[name] = self.read_study(name)
            except StoreError as error:
                log.warning("%s", error)
        return studies

    def study_names(self) -> list[str]:
        """Return the names of the studies in alphabetical order."""
        return sorted(study_name(path.stem) for path in (self.folder / "studies").glob("*.json"))

    def quarantined_files(self) -> list[str]:
        """Return the names of the files that could not be read and were moved to ``quarantine/``."""
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
        self, part: str, schema: pa.Schema, select: Callable[[pa.Table, str], pa.Table], stems: set[str] | None = None
    ) -> pa.Table:
        """Read the files of ``part``, or those with ``stems``, and apply ``select`` to each table and stem."""
        for _ in range(MAX_ATTEMPTS):
            paths = [p for p in sorted((self.folder / part).glob("*.parquet")) if stems is None or p.stem in stems]
            try:
                found = ((self._read_or_quarantine(path, schema), path.stem) for path in paths)
                tables = [select(table, stem) for table, stem in found if table is not None]
                return pa.concat_tables([select(schema.empty_table(), ""), *tables])
            except FileNotFoundError:  # another study merged the file after the folder was listed: list it again
                continue
        raise StoreError(f"{self.folder / part} is being rewritten all the time. Try again when it is quiet.")

    def _read_or_quarantine(self, path: Path, schema: pa.Schema) -> pa.Table | None:
        """Read a file. Move it and the other files of its shard to ``quarantine/`` if it cannot be read."""
        try:
            table = read_file(path, schema)
            if schema is RUNS:
                self._check_companions(path)
            return table
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            log.warning("%s could not be read and was set aside: %s", path, error)
            for part in ("runs", *COMPANIONS) if path.parent.name != "timings" else ("timings",):
                self._quarantine(self.folder / part / path.name)
            return None

    def _check_companions(self, path: Path) -> None:
        """Check that the curves and arrays of the runs in ``path`` can be read.

        Raises:
            ValueError: a file is missing or has other columns.
            FileNotFoundError: another study merged the files.
        """
        for part, schema in COMPANIONS.items():
            file = self.folder / part / path.name
            if part != "arrays" or file.exists():
                check_readable(file, schema, runs_path=path)

    def _quarantine(self, path: Path) -> None:
        target = self.folder / "quarantine" / f"{path.parent.name}-{path.name}"
        target.parent.mkdir(exist_ok=True)
        if path.exists():
            path.replace(target)
