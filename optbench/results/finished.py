"""The outcome of a command whose runs are all finished, so that an identical command need not check them again.

    results/finished/<key>.json     the outcome of a command, and the state of its inputs

The key is a hash of what the command requests. A record is valid as long as its inputs are unchanged, see
:meth:`FinishedCommands.find`. Records are a cache and may be removed at any time.
"""

import contextlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optbench.runtime.file_states import FileState, folder_digest, is_unchanged, state_of
from optbench.runtime.files import file_name, write_text

if TYPE_CHECKING:
    import pyarrow as pa

    from optbench.spec.study_result import StudyResult

FINISHED = "finished"  # folder of the records
FORMAT = 1  # format version of a record; increase it when the content changes
TABLES = ("runs", "timings")  # a new file of one of these may contain newer rows; curves and arrays belong to runs


@dataclass(frozen=True)
class FinishedCommand:
    """The outcome of a command and the state of its inputs."""

    study: str  # name of the study
    page: str  # path of its report
    values: Sequence[float | None]  # number of each job for Hydra's sweepers; None for infinity
    signs: Sequence[int]  # signs of the infinite ones
    code: int  # exit code
    text: str  # output of the terminal, including colors
    width: int  # width of that terminal, in characters
    surroundings: Mapping[str, str]  # versions, machine, code of optbench
    files: Mapping[str, FileState]  # user code and data, the study file and the page, by path
    folders: Mapping[str, str]  # digests of data folders, by path
    tables: Mapping[str, Sequence[str]]  # names of the files of ``TABLES`` when the command ended
    own_tables: Mapping[str, FileState]  # those with rows of the study, relative to the results folder
    runs: int  # number of runs, without trials
    run_ids: Sequence[str]  # ids of runs and trials
    timed: Sequence[Sequence[str]]  # problem and setting of the runs

    @property
    def objectives(self) -> list[float]:
        """One number per job."""
        pairs = zip(self.values, self.signs, strict=True)
        return [sign * math.inf if value is None else value for value, sign in pairs]


class FinishedCommands:
    """The records of a results folder.

    Args:
        folder: the results folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def find(self, key: str, surroundings: Mapping[str, str]) -> FinishedCommand | None:
        """The record of a command, if it is valid: versions, code, data, page and the rows of its runs are unchanged.

        Rows that other studies added in the meantime do not matter if they belong to other runs and settings.
        """
        record = self._read(key)
        if record is None or dict(record.surroundings) != dict(surroundings):
            return None
        unchanged = all(is_unchanged(Path(path), state) for path, state in record.files.items())
        if not unchanged or any(folder_digest(Path(path)) != digest for path, digest in record.folders.items()):
            return None
        own = all(is_unchanged(self.folder / path, state) for path, state in record.own_tables.items())
        return record if own and self._has_only_other_rows(record) else None

    def write(self, key: str, record: FinishedCommand) -> None:
        """Write a record. Failures are ignored, because it is a cache."""
        with contextlib.suppress(OSError):
            write_text(self._path(key), json.dumps({"format": FORMAT, **asdict(record)}))

    def table_names(self) -> dict[str, list[str]]:
        """The names of the files of runs and step times."""
        return {part: sorted(path.name for path in (self.folder / part).glob("*.parquet")) for part in TABLES}

    def _has_only_other_rows(self, record: FinishedCommand) -> bool:
        new = {part: sorted(set(names) - set(record.tables[part])) for part, names in self.table_names().items()}
        if not any(new.values()):
            return True
        rows = {part: [row for name in names for row in self._keys(part, name)] for part, names in new.items()}
        timed = {tuple(pair) for pair in record.timed}
        return not {row[0] for row in rows["runs"]} & set(record.run_ids) and not set(rows["timings"]) & timed

    def _keys(self, part: str, name: str) -> list[tuple[str, ...]]:
        """The keys of the rows in a file; none for a file that cannot be read, which is reported elsewhere."""
        from optbench.results.parquet import read_file  # usually there is no new file
        from optbench.results.schemas import RUNS, TIMINGS

        schema, columns = (RUNS, ["run_id"]) if part == "runs" else (TIMINGS, ["problem_id", "setting_id"])
        try:
            table: pa.Table = read_file(self.folder / part / name, schema)
        except (ValueError, OSError):
            return []
        return list(zip(*(table[column].to_pylist() for column in columns), strict=True))

    def _read(self, key: str) -> FinishedCommand | None:
        try:
            found: dict[str, Any] = json.loads(self._path(key).read_text(encoding="utf8"))
            if found.pop("format") != FORMAT or found.keys() != {field.name for field in fields(FinishedCommand)}:
                return None
            states = {part: {p: FileState(*s) for p, s in found[part].items()} for part in ("files", "own_tables")}
            return FinishedCommand(**{**found, **states})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _path(self, key: str) -> Path:
        return self.folder / FINISHED / f"{key}.json"


def own_tables(folder: Path, result: "StudyResult", stems: Iterable[str]) -> dict[str, FileState]:
    """The states of the files of runs, curves and arrays with rows of a study, relative to the folder."""
    paths = [folder / part / f"{stem}.parquet" for stem in sorted(set(stems)) for part in ("runs", "curves", "arrays")]
    study = folder / "studies" / f"{file_name(result.file.name)}.json"
    return {str(path.relative_to(folder)): state_of(path) for path in [*paths, study] if path.exists()}
