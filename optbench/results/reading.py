"""Read the tables and study files of a results folder. Reading never writes.

A file that cannot be read is skipped and listed in :attr:`StoreReader.unreadable`, and its runs count as missing.
:mod:`optbench.results.store` describes the folder.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from optbench.errors import StoreError
from optbench.results.migrate import NewerFormat
from optbench.results.parquet import add_stem, empty_table, read_file, select_runs
from optbench.results.schemas import ARRAYS, CATEGORICAL_CURVES, COMPANIONS, CURVES, RUNS, TIMINGS
from optbench.results.study_files import StudyFiles
from optbench.runtime.digests import Damaged, read_verified
from optbench.spec.status import FINISHED
from optbench.spec.study_file import StudyFile

if TYPE_CHECKING:
    import pandas as pd  # imported by callers that need a data frame; listing a results folder needs none

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 20  # attempts to list a folder while another study renames its files
BEFORE_STEM = ["serial", "started_at"]
ORDER = ["_ended", *BEFORE_STEM, "stem"]  # sort order of the rows of a run; the last one is current


class StoreReader:
    """Reads a results folder.

    Args:
        folder: its path. It need not exist.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.studies = StudyFiles(self.folder / "studies")
        self.unreadable: dict[str, str] = {}  # skipped files, relative to the folder, each with the reason
        self.damaged: set[str] = set()  # those that are damaged or misplaced
        self._intact: set[tuple[str, int, int]] = set()  # path, size and time of verified files

    def runs(self, run_ids: Iterable[str] | None = None) -> "pd.DataFrame":
        """Return the current row of each run.

        If a run was trained several times, the row with the highest ``serial`` is current. Rows of format 1 have none
        and come first, in the order of their times. A row of a finished run (done or diverged) takes precedence over
        rows of a run that failed or was interrupted. Rows of a shard whose other files are missing or damaged are left
        out.

        Args:
            run_ids: the ids of the runs. All runs if None.

        Returns:
            The columns of ``runs``, and in ``stem`` the stem of the files that contain the run.
        """
        runs = self._read("runs", RUNS, add_stem).to_pandas()
        if run_ids is not None:
            runs = runs[runs["run_id"].isin(set(run_ids))]
        runs = runs.assign(_ended=runs["status"].isin(FINISHED))
        ordered = runs.sort_values(ORDER, kind="stable", na_position="first").drop(columns="_ended")
        return ordered.drop_duplicates("run_id", keep="last")

    def run_columns(self, columns: list[str]) -> "pd.DataFrame":
        """Return some columns of all rows of ``runs``, including outdated rows."""
        return self._read("runs", RUNS, lambda table, _: table.select(columns)).to_pandas()

    def statuses(self) -> dict[str, str]:
        """Return the status of each run, from its current row as defined by :meth:`runs`."""
        columns = [
            "run_id",
            "status",
            *BEFORE_STEM,
        ]  # files are read in the order of their stems, and sorting is stable
        rows = self._read("runs", RUNS, lambda table, _: table.select(columns)).to_pylist()
        return {row["run_id"]: row["status"] for row in sorted(rows, key=place_of)}

    def curves(self, runs: "pd.DataFrame", metric: str | None = None) -> "pd.DataFrame":
        """Return the curves of runs.

        Args:
            runs: rows from :meth:`runs`.
            metric: the metric. All metrics if None.

        Returns:
            ``run_id, step, epoch, split, metric, value``.
        """
        return self._read_companion("curves", CURVES, runs, {} if metric is None else {"metric": metric}).to_pandas()

    def categorical_curves(self, runs: "pd.DataFrame") -> "pd.DataFrame":
        """Return the curves of ``runs`` with text as categories.

        This takes a third of the memory of :meth:`curves` and is intended for millions of rows.
        """
        return self.curve_table(runs).to_pandas(split_blocks=True, self_destruct=True)

    def curve_table(self, runs: "pd.DataFrame") -> pa.Table:
        """Return the curves of ``runs`` as an Arrow table with dictionary-encoded text."""
        return self._read_companion("curves", CATEGORICAL_CURVES, runs, {})

    def arrays(self, runs: "pd.DataFrame", kind: str | None = None) -> "pd.DataFrame":
        """Return the arrays that were recorded in addition to metrics.

        Args:
            runs: rows from :meth:`runs`.
            kind: the kind of array. All kinds if None.

        Returns:
            ``run_id, kind, step, shape, values``.
        """
        return self._read_companion("arrays", ARRAYS, runs, {} if kind is None else {"kind": kind}).to_pandas()

    def count_array_files(self, runs: "pd.DataFrame") -> int:
        """Return how many of the files of ``runs`` also have arrays."""
        return sum((self.folder / "arrays" / f"{stem}.parquet").exists() for stem in runs["stem"].unique())

    def _read_companion(
        self, part: str, schema: pa.Schema, runs: "pd.DataFrame", values: Mapping[str, str]
    ) -> pa.Table:
        """Read the rows of ``part`` that belong to ``runs`` and have these ``values`` in their columns."""
        for _ in range(MAX_ATTEMPTS):
            ids = {str(stem): pa.array(run_ids) for stem, run_ids in runs.groupby("stem")["run_id"]}
            rows = self._read(part, schema, partial(select_runs, ids, values), set(ids))
            if all((self.folder / "runs" / f"{stem}.parquet").exists() for stem in ids):
                break
            runs = self.runs(runs["run_id"])  # another study merged the files, which have new names
        return rows

    def timings(self, host: str | None = None) -> "pd.DataFrame":
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

    def read_study(self, name: str) -> StudyFile:
        """Read the study file ``name``; StoreError if there is no readable one."""
        return self.studies.read(name)

    def readable_studies(self) -> dict[str, StudyFile]:
        """Return the readable study files by name. Unreadable ones are logged."""
        return self.studies.readable()[0]

    def study_names(self) -> list[str]:
        """Return the names of the studies in alphabetical order."""
        return self.studies.names()

    def quarantined_files(self) -> list[str]:
        """Return the names of the files that were moved to ``quarantine/``."""
        return sorted(path.name for path in (self.folder / "quarantine").glob("*.parquet"))

    def _read(
        self, part: str, schema: pa.Schema, select: Callable[[pa.Table, str], pa.Table], stems: set[str] | None = None
    ) -> pa.Table:
        """Read the files of ``part``, or only those with ``stems``, and apply ``select`` to each table and stem."""
        for _ in range(MAX_ATTEMPTS):
            paths = [p for p in sorted((self.folder / part).glob("*.parquet")) if stems is None or p.stem in stems]
            self._forget_removed(part)
            try:
                found = ((self._read_or_skip(path, schema), path.stem) for path in paths)
                tables = [select(table, stem) for table, stem in found if table is not None]
                return pa.concat_tables([select(empty_table(schema), ""), *tables])
            except FileNotFoundError:  # another study merged the file after the folder was listed: list it again
                continue
        raise StoreError(f"{self.folder / part} is being rewritten all the time. Try again when it is quiet.")

    def _forget_removed(self, part: str) -> None:
        """Remove skipped files of ``part`` that no longer exist from the list."""
        for name in [name for name in self.unreadable if name.startswith(f"{part}/")]:
            if not (self.folder / name).exists():
                del self.unreadable[name]

    def _read_or_skip(self, path: Path, schema: pa.Schema) -> pa.Table | None:
        """Read a file. Returns None if it, or another file of its shard, cannot be read.

        Raises:
            FileNotFoundError: another study merged the files.
        """
        try:
            table = read_file(path, schema)
            if schema is RUNS:
                self._check_companions(path)
        except FileNotFoundError:
            raise
        except (ValueError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._skip(path, reason, damaged=not isinstance(error, OSError | NewerFormat))
            return None
        self.unreadable.pop(str(path.relative_to(self.folder)), None)
        return table

    def _skip(self, path: Path, reason: str, damaged: bool) -> None:
        name = str(path.relative_to(self.folder))
        log.info("%s is skipped: %s", path, reason)
        self.unreadable[name] = reason
        (self.damaged.add if damaged else self.damaged.discard)(name)

    def _check_companions(self, path: Path) -> None:
        """Check that the curves and arrays of the runs in ``path`` exist and are intact.

        Raises:
            ValueError: a file is missing or damaged.
            OSError: it cannot be read.
            FileNotFoundError: another study merged the files.
        """
        for part in COMPANIONS:
            file = self.folder / part / path.name
            if part == "arrays" and not file.exists():
                continue
            try:
                self._verify(file)
            except FileNotFoundError:
                if path.exists():
                    raise ValueError(f"the {part} beside it are missing") from None
                raise
            except Damaged as error:
                raise ValueError(f"of the {part} beside it, {error}") from None

    def _verify(self, path: Path) -> None:
        """Verify a file, unless it was verified before and has not changed since."""
        state = path.stat()
        key = (str(path), state.st_size, state.st_mtime_ns)
        if key not in self._intact:
            read_verified(path)
            self._intact.add(key)


def place_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The sort key of a row of ``runs`` by ``ORDER``. Missing values come first."""
    is_finished, values = row["status"] in FINISHED, [row[name] for name in BEFORE_STEM]
    return (is_finished, *((value is not None, value) for value in values))
