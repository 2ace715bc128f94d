"""Remove unneeded files and set damaged ones aside: only on request, and only files written by optbench."""

import contextlib
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from optbench.errors import StoreError
from optbench.results.schemas import COMPANIONS
from optbench.results.store import Store
from optbench.runtime import durable
from optbench.runtime.digests import SUFFIX, digest_path, remove_with_digest
from optbench.runtime.files import CHECKPOINTS, WEIGHTS, study_name
from optbench.spec.study_file import StudyFile

RUN_FILE = re.compile(r"(?P<run_id>[0-9a-f]{16})(\.npz|\.txt|\.npz\.sha256|\.txt\.sha256)?")
ABANDONED_S = 3600.0  # files not modified for this long are not being written


@dataclass(frozen=True)
class PrunePlan:
    """The files that :func:`prune` removes."""

    run_ids: set[str]  # runs that no study names
    leftovers: list[Path]  # abandoned files, and checkpoints and weights of runs that no study names

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not self.run_ids and not self.leftovers


def run_ids_of(study: StudyFile) -> list[str]:
    """The ids of the runs that a study names, without duplicates."""
    return list(dict.fromkeys(run.run_id for run in study.runs))


def plan_pruning(store: Store) -> PrunePlan:
    """Find what no study needs. Nothing is removed.

    Raises:
        StoreError: there are runs, but no study names any of them.
    """
    runs = store.runs()
    studies, faults = store.studies.readable()
    keep = {run_id for study in studies.values() for run_id in run_ids_of(study)}
    if faults:
        keep |= _ids_in_broken_files(store, set(studies))
    if len(runs) and not keep & set(runs["run_id"]):
        raise StoreError(
            f"Nothing was removed: no study file in {store.folder / 'studies'} names any of the {len(runs)} runs. "
            "If they shall all go, remove the folder."
        )
    leftovers = [*_abandoned(store.folder), *_of_no_run(store.folder, keep)]
    return PrunePlan(set(runs["run_id"]) - keep, leftovers)


def prune(store: Store, plan: PrunePlan) -> int:
    """Remove the planned files that no study names by now. Returns the number of removed runs.

    The lock keeps other processes from adding, merging and removing runs in the meantime. Unreadable shards are kept.
    """
    with store.lock:
        now = plan_pruning(store)
        removed = plan.run_ids & now.run_ids
        if removed:
            runs = store.runs()
            stems = [path.stem for path in (store.folder / "runs").glob("*.parquet")]
            unreadable = {Path(name).stem for name in store.unreadable}
            kept = runs[~runs["run_id"].isin(removed)]
            if len(kept):
                store.write_shard(kept, store.curves(kept), store.arrays(kept))
            store.remove(stem for stem in stems if stem not in unreadable)
            store.lock.note_pruning()
        for path in set(plan.leftovers) & set(now.leftovers):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else remove_with_digest(path)
    return len(removed)


def repair(store: Store) -> list[str]:
    """Move damaged shards and step times to ``quarantine/``. Returns the names of the moved files.

    Files that the system refused to read, and files of a newer format, are not moved, because they may be intact.
    """
    store.runs()
    store.timings()
    moved = []
    with store.lock:
        for name in sorted(store.damaged & store.unreadable.keys()):
            part, _, file = name.partition("/")
            for folder in ("timings",) if part == "timings" else ("runs", *COMPANIONS):
                path = store.folder / folder / file
                if path.exists():
                    moved.append(_set_aside(store.folder, path))
            del store.unreadable[name]
    return moved


def _ids_in_broken_files(store: Store, readable: set[str]) -> set[str]:
    """All run ids in study files that cannot be read: these runs must not be removed."""
    found: set[str] = set()
    for path in store.studies.folder.glob("*.json"):
        if study_name(path.stem) not in readable:
            with contextlib.suppress(OSError):
                found |= set(re.findall(r"[0-9a-f]{16}", path.read_text(encoding="utf8", errors="replace")))
    return found


def _set_aside(folder: Path, path: Path) -> str:
    target = folder / "quarantine" / f"{path.parent.name}-{path.name}"
    target.parent.mkdir(exist_ok=True)
    durable.rename(path, target)
    if digest_path(path).exists():
        durable.rename(digest_path(path), digest_path(target))
    return target.name


def _abandoned(folder: Path) -> list[Path]:
    """Temporary files, and curves, arrays and digests without runs, that no process is writing any more."""
    temporary = [path for path in folder.rglob("*.tmp") if path.is_file()]
    orphans = [
        path
        for part in COMPANIONS
        for path in (folder / part).glob("*.parquet")
        if not (folder / "runs" / path.name).exists()
    ]
    digests = [
        path for path in folder.rglob(f"*{SUFFIX}") if not path.with_name(path.name.removesuffix(SUFFIX)).exists()
    ]
    return [path for path in (*temporary, *orphans, *digests) if _is_abandoned(path)]


def _is_abandoned(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > ABANDONED_S
    except OSError:
        return False


def _of_no_run(folder: Path, keep: set[str]) -> list[Path]:
    """Checkpoints and weights of runs that no study names. Files with other names are not ours."""
    found = []
    for path in [*(folder / CHECKPOINTS).glob("*"), *(folder / WEIGHTS).glob("*")]:
        match = RUN_FILE.fullmatch(path.name)
        if match and match["run_id"] not in keep and not path.name.endswith(SUFFIX):
            found.append(path)
    return found
