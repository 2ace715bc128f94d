"""The page of a study while it runs, rewritten by a thread of its own.

It never fails or delays the study: whatever goes wrong is logged, and it is written again at the earliest after twenty
times the processor time that it took, so that it takes a twentieth of one processor at most.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from optbench.report.live_times import BEAT_S, IDLE
from optbench.results.loading import result_so_far
from optbench.results.store import Store
from optbench.spec.job import JobSpec
from optbench.spec.study_file import StudyFile
from optbench.study.display import Display
from optbench.study.workload import Work
from optbench.sweep.execute import Watcher
from optbench.sweep.plan import Shard

log = logging.getLogger(__name__)
PAUSE_S = 3.0  # seconds between two rewritings at least
SHARE = 20  # how many times the processor time of a rewriting the study has to use until the next one


class EndedRows(NamedTuple):
    """The rows of runs that ended."""

    runs: pd.DataFrame
    curves: pd.DataFrame  # of what decides


@contextmanager
def live_page(
    file: StudyFile, work: Work, spec: JobSpec, store: Store, display: Display
) -> Iterator[Callable[[Watcher], Watcher]]:
    """Rewrite the page of a study while ``work`` is trained inside the context, if its options ask for it.

    Args:
        file: the study file.
        work: what is trained.
        spec: a job of the study, for what its jobs share.
        store: where rows are.
        display: shows the study to whoever watches it.

    Yields:
        A function that returns a watcher, which also tells the page.
    """
    live = spec.report.live
    if not work.shards or not (display.is_watched if live == "auto" else live):
        yield lambda watcher: watcher
        return
    page = LivePage(file, work, spec, store)
    try:
        yield page.watch
    finally:
        page.close()


class LivePage:
    """The rows of the runs that ended, and the thread that writes them into the page."""

    def __init__(self, file: StudyFile, work: Work, spec: JobSpec, store: Store) -> None:
        self._file, self._work, self._store = file, work, store
        self._reports, self._metric = Path(spec.study.reports_dir), spec.decision.metric
        self._rows: list[EndedRows] = []
        self._watcher: Watcher | None = None
        self._lock, self._news, self._is_closed = threading.Lock(), threading.Event(), threading.Event()
        self._page: Path | None = None  # once it is written
        self._thread = threading.Thread(target=self._run, name="live page", daemon=True)
        self._thread.start()

    def watch(self, watcher: Watcher) -> "LiveWatcher":
        """Return a watcher that tells the page and ``watcher``."""
        self._watcher = watcher
        return LiveWatcher(watcher, self)

    def add(self, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """Remember the rows of runs that ended."""
        with self._lock:
            self._rows.append(EndedRows(runs, curves[curves["metric"] == self._metric]))
        self._news.set()

    def close(self) -> None:
        """Stop the thread. What comes after has the machine and the page to itself."""
        self._is_closed.set()
        self._news.set()
        self._thread.join()
        if self._page is not None:
            from optbench.report.live import write_ending

            with contextlib.suppress(OSError):
                write_ending(self._page)

    def _run(self) -> None:
        self._news.wait()
        if self._is_closed.is_set():
            return
        import optbench.report.live  # noqa: F401 - which the report needs in any case, so that it does not count

        try:
            kept = self._kept_rows()
            with self._lock:
                self._rows.append(kept)
        except Exception:  # the page has only the runs of this command then
            log.debug("the page of the running study is without earlier runs", exc_info=True)
        while not self._is_closed.is_set():
            self._news.clear()
            clock = Clock()
            try:
                self._rewrite(clock)
            except Exception:  # a full disk, or results that no page can be made of
                log.debug("the page of the running study is not written", exc_info=True)
            clock.stop()
            while not clock.is_due() and not self._is_closed.wait(PAUSE_S / 4):
                pass
            self._news.wait(timeout=BEAT_S)

    def _kept_rows(self) -> "EndedRows":
        """Read the rows of runs that were finished before."""
        missing = {run.run_id for shard in self._work.shards for run in shard.runs}
        store = Store(self._store.folder)
        runs = store.runs(run.run_id for run in self._work.runs if run.run_id not in missing)
        return EndedRows(runs, store.curves(runs, self._metric))

    def _rewrite(self, clock: "Clock") -> None:
        from optbench.report.live import LiveProgress, write_live_page  # not needed where nobody watches

        with self._lock:
            runs, curves = (pd.concat(tables, ignore_index=True) for tables in zip(*self._rows, strict=True))
        result = result_so_far(self._file, runs, curves)
        left = self._watcher.seconds_left() if self._watcher is not None else None
        progress = LiveProgress(runs["run_id"].nunique(), len(self._work.runs), left, is_tuning=result.runs.empty)
        self._page = write_live_page(result, self._reports, progress, clock.pause, lambda: not self._is_closed.is_set())


class Clock:
    """Decides when the page is written again, from the processor time that writing it took."""

    def __init__(self) -> None:
        self._thread, self._process, self._wall = time.thread_time(), time.process_time(), time.monotonic()
        self._spent: float | None = None

    def pause(self) -> float:
        """Return the processor time of the study until the page is written again, in seconds."""
        spent = time.thread_time() - self._thread if self._spent is None else self._spent
        return max(PAUSE_S, SHARE * spent)

    def stop(self) -> None:
        """The page is written."""
        self._spent = time.thread_time() - self._thread

    def is_due(self) -> bool:
        """Return whether the page may be written again.

        A study whose workers are other processes uses little time of this one, so that the clock on the wall counts.
        """
        process, wall = time.process_time() - self._process, time.monotonic() - self._wall
        return wall >= PAUSE_S and (process >= self.pause() or wall >= IDLE * self.pause())


class LiveWatcher:
    """Tells a page and another watcher how far the work is."""

    def __init__(self, watcher: Watcher, page: LivePage) -> None:
        self._watcher, self._page = watcher, page

    def advanced(self, shard: Shard, steps: int) -> None:
        """The lanes of ``shard`` made ``steps`` more steps."""
        self._watcher.advanced(shard, steps)

    def finished(self, shard: Shard, runs: pd.DataFrame, curves: pd.DataFrame) -> None:
        """``shard`` ended."""
        self._watcher.finished(shard, runs, curves)
        self._page.add(runs, curves)

    def interrupted(self) -> None:
        """Ctrl-C was pressed; running shards are being finished."""
        self._watcher.interrupted()

    def seconds_left(self) -> float | None:
        """How long the rest of the work will take; None while that is not known."""
        return self._watcher.seconds_left()
