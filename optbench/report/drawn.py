"""Determine whether a page is up to date, so that it need not be drawn again.

    reports/<name>/.drawn.json    the digest of the page's inputs, and the state of its files

The digest covers the study file, the rows of its runs, curves and step times, the options, optbench's own files and the
versions of the plotting libraries. Arrays belong to runs and change with a run's row, so the number of their files is
sufficient. Pages with user-defined parts are always drawn again, because a user's function may depend on anything.
"""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from optbench.runtime.file_states import code_digest
from optbench.runtime.files import write_text
from optbench.runtime.machine import drawing_versions
from optbench.spec.study_result import StudyResult

RECORD = ".drawn.json"
FORMAT = 1
WRITTEN = (".html", ".md", ".csv", ".tex")  # suffixes of the files of a page
LEFT_TO_THE_STORE = ("stem", "serial")  # columns that change when files are merged


def inputs_digest(result: StudyResult, options: Sequence[object]) -> str:
    """A hash of all inputs of a page.

    Args:
        result: the result of the study.
        options: the options of the page, as plain data.
    """
    found = hashlib.sha256(f"{FORMAT} {code_digest()} {drawing_versions()}".encode())
    texts = [asdict(result.file), list(options), result.skipped, result.left_out, result.array_files]
    found.update(json.dumps(texts, default=str).encode())
    settings = set(zip(result.runs["problem_id"], result.runs["setting_id"], strict=True))
    pairs = pd.Series(list(zip(result.timings["problem_id"], result.timings["setting_id"], strict=True)), dtype=object)
    timings = result.timings[pairs.isin(settings).to_numpy()]
    for table in (result.runs, result.trials, result.curves, timings):
        found.update(_table_digest(table))
    return found.hexdigest()


def is_own_part(part: object) -> bool:
    """Whether a part of the page is the user's own: a function, or the dotted path of one."""
    return not isinstance(part, str) or "." in part


def is_drawn(folder: Path, digest: str) -> bool:
    """Whether the files of a page in ``folder`` are unchanged and were drawn from the same inputs."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf8"))
        files = record["files"].items()
        return bool(record["digest"] == digest and files and all(_state(folder / name) == was for name, was in files))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def note_drawn(folder: Path, digest: str) -> None:
    """Store the digest of a page's inputs. If it cannot be written, the page is drawn again next time."""
    with contextlib.suppress(OSError):
        states = {path.name: _state(path) for path in sorted(folder.iterdir()) if path.suffix in WRITTEN}
        write_text(folder / RECORD, json.dumps({"digest": digest, "files": states}))


def _state(path: Path) -> list[int]:
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def _table_digest(table: pd.DataFrame) -> bytes:
    """A hash of the rows of a table, regardless of their order, which depends on which shard ended first."""
    kept = table.drop(columns=[name for name in LEFT_TO_THE_STORE if name in table])
    kept = kept.astype({name: str for name in kept.columns if kept[name].dtype == object})
    rows = pd.util.hash_pandas_object(kept, index=False, categorize=True).sort_values().to_numpy()
    return hashlib.sha256(" ".join(map(str, kept.columns)).encode() + rows.tobytes()).digest()
