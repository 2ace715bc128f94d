"""Write the tables and study files of a results folder, which :mod:`optbench.results.reading` reads.

    results/runs/*.parquet  curves/*.parquet    a pair of files with the same stem per finished shard
    results/arrays/*.parquet                    a third file, if arrays were recorded
    results/timings/*.parquet                   one file per study
    results/studies/<name>.json                 the runs of a study and their labels
    results/quarantine/                         files that ``python -m optbench.results repair`` set aside
    results/checkpoints/<run_id>/  weights/     optional: see training/checkpoint.py and weight_files.py

Each file has a separate SHA-256 file, which is verified on reading. The file of runs is written last: if a row of
``runs`` exists, its curves and arrays exist too. ``results/README.md`` describes all files and columns.
"""

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from optbench.errors import StoreError
from optbench.results.lock import StoreLock
from optbench.results.parquet import write_file, write_parts
from optbench.results.reading import BEFORE_STEM, StoreReader, place_of
from optbench.results.schemas import ARRAYS, COMPANIONS, CURVES, RUNS, TIMINGS
from optbench.runtime.digests import remove_with_digest
from optbench.spec.study_file import StudyFile

if TYPE_CHECKING:
    import pandas as pd


class Store(StoreReader):
    """A results folder. :class:`StoreReader` implements reading, and this class writing.

    Args:
        folder: its path. :meth:`prepare` creates it.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder)
        self.lock = StoreLock(self.folder)

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

    def write_shard(self, runs: "pd.DataFrame", curves: "pd.DataFrame", arrays: "pd.DataFrame | None" = None) -> str:
        """Write the rows of a finished shard and return the stem of its files.

        Each row of ``runs`` gets the next number of the store, so that the latest row of a run does not depend on the
        clock.
        """
        stem = uuid.uuid4().hex
        if arrays is not None and len(arrays):
            self._write("arrays", stem, arrays, ARRAYS)
        self._write("curves", stem, curves, CURVES)
        with self.lock:
            first = self.lock.take_numbers(len(runs), self._largest_serial)
            self._write("runs", stem, runs.assign(serial=range(first, first + len(runs))), RUNS)
        return stem

    def write_timings(self, timings: "pd.DataFrame") -> None:
        """Write step times, one row per problem and setting."""
        if len(timings):
            self._write("timings", uuid.uuid4().hex, timings, TIMINGS)

    def merge(self, stems: list[str]) -> None:
        """Merge the files of the shards with these ``stems`` into one file per table.

        If a run is in several of them because it paused, only its current row is kept. Shards that another process
        removed, or that cannot be read, are skipped.
        """
        with self.lock:
            there = [stem for stem in stems if (self.folder / "runs" / f"{stem}.parquet").exists()]
            runs = {stem: table for stem in there if (table := self._read_part("runs", stem)) is not None}
            while len(runs) >= 2:
                unreadable = self._merge_shards(runs)
                if not unreadable:
                    self.remove(runs)
                    return
                runs = {stem: table for stem, table in runs.items() if stem not in unreadable}

    def _merge_shards(self, runs: Mapping[str, pa.Table]) -> set[str]:
        """Merge the rows of shards into one file per table. If shards cannot be read, return them and write nothing."""
        stem, current, unreadable = uuid.uuid4().hex, current_rows(runs), set[str]()

        def rows_of(part: str) -> Iterator[pa.Table]:
            for shard in runs:
                if part != "arrays" or (self.folder / part / f"{shard}.parquet").exists():
                    table = self._read_part(part, shard)
                    if table is None:
                        unreadable.add(shard)
                    else:
                        yield keep_runs(table, current[shard])

        for part in (*COMPANIONS, "runs"):  # runs last: a row of runs requires its curves
            write_parts(self.folder / part / f"{stem}.parquet", rows_of(part))
            if unreadable:
                self.remove([stem])
                break
        return unreadable

    def remove(self, stems: Iterable[str]) -> None:
        """Remove the files of shards."""
        for stem in stems:
            for part in ("runs", *COMPANIONS):  # runs first: a run without a row needs no curves
                remove_with_digest(self.folder / part / f"{stem}.parquet")

    def write_study(self, name: str, study: StudyFile) -> None:
        """Write the study file ``name``; see :class:`StudyFiles`."""
        self.studies.write(name, study)

    def _write(self, part: str, stem: str, table: "pd.DataFrame", schema: pa.Schema) -> None:
        columns = table.reindex(columns=schema.names)
        rows = pa.Table.from_pandas(columns, schema=schema, preserve_index=False)
        write_file(self.folder / part / f"{stem}.parquet", rows)

    def _largest_serial(self) -> int:
        """The largest serial number of a row; -1 if there are no rows. Used if the counter is missing."""
        import pyarrow.compute as pc  # takes a fifth of the time to list results, which has no use for it

        largest = pc.max(self._read("runs", RUNS, lambda table, _: table.select(["serial"]))["serial"]).as_py()
        return -1 if largest is None else int(largest)

    def _read_part(self, part: str, stem: str) -> pa.Table | None:
        """One table of a shard; None if it cannot be read."""
        return self._read_or_skip(self.folder / part / f"{stem}.parquet", {"runs": RUNS, **COMPANIONS}[part])


def current_rows(runs: Mapping[str, pa.Table]) -> dict[str, set[str]]:
    """For each file, by stem, the runs whose current row it contains. See :meth:`StoreReader.runs`."""
    columns = ["run_id", "status", *BEFORE_STEM]
    rows = [(stem, row) for stem in sorted(runs) for row in runs[stem].select(columns).to_pylist()]
    owner = {row["run_id"]: stem for stem, row in sorted(rows, key=lambda pair: place_of(pair[1]))}
    found: dict[str, set[str]] = {stem: set() for stem in runs}
    for run_id, stem in owner.items():
        found[stem].add(run_id)
    return found


def keep_runs(table: pa.Table, run_ids: set[str]) -> pa.Table:
    """The rows of some runs; the table itself if it contains no others."""
    import pyarrow.compute as pc  # see _largest_serial

    is_kept = pc.is_in(table["run_id"], value_set=pa.array(sorted(run_ids), pa.string()))
    return table if pc.all(is_kept).as_py() else table.filter(is_kept)
